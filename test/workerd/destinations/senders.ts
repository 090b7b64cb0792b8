// What posts to each chat and pager, for tests that try all of them.
import { discord } from '../../../src/destinations/discord.ts';
import { googleChat } from '../../../src/destinations/google-chat.ts';
import { ntfy } from '../../../src/destinations/ntfy.ts';
import { pagerduty } from '../../../src/destinations/pagerduty.ts';
import { slack } from '../../../src/destinations/slack.ts';
import { telegram } from '../../../src/destinations/telegram.ts';

export const senders = [
  { platform: 'slack', send: slack },
  { platform: 'discord', send: discord },
  { platform: 'google-chat', send: googleChat },
  { platform: 'ntfy', send: ntfy },
  { platform: 'telegram', send: telegram },
  { platform: 'pagerduty', send: pagerduty },
] as const;
