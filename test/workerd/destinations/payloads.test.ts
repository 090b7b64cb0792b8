import { describe, expect, it } from 'vitest';
import { discord, discordPayload } from '../../../src/destinations/discord.ts';
import { googleChat, googleChatPayload } from '../../../src/destinations/google-chat.ts';
import { type ChatMessage, message } from '../../../src/destinations/message.ts';
import { slack, slackPayload } from '../../../src/destinations/slack.ts';
import { eventTypes } from '../../../src/event/catalogue.ts';
import { eventOf } from './events.ts';
import { contextFor, openRoom } from './platforms.ts';

const chats = [
  { platform: 'slack', send: slack },
  { platform: 'discord', send: discord },
  { platform: 'google-chat', send: googleChat },
] as const;

const base = message(eventOf('outbid'));

/** The text that readers see of a title and text, as each platform decodes it. */
const slackText = (shown: ChatMessage) =>
  slackPayload(shown).blocks.flatMap((block) => ('text' in block ? [block.text] : []));
const embedOf = (shown: ChatMessage) => discordPayload(shown).embeds[0];
const cardOf = (shown: ChatMessage) => googleChatPayload(shown).cardsV2[0]?.card;
const paragraphOf = (shown: ChatMessage) => {
  const [widget] = cardOf(shown)?.sections?.[0]?.widgets ?? [];
  return widget && 'textParagraph' in widget ? widget.textParagraph.text : undefined;
};

describe.each(chats)('$platform', ({ platform, send }) => {
  const statusOf = async (shown: ChatMessage) => {
    const room = openRoom();
    await send(contextFor(room.secrets), shown);
    return (await room.received(platform)).map(({ status }) => status);
  };

  it('takes a message of every type that is not confidential', async () => {
    const room = openRoom();
    const shown = eventTypes.map((type) => message(eventOf(type))).filter(({ confidential }) => !confidential);
    for (const each of shown) await send(contextFor(room.secrets), each);
    expect((await room.received(platform)).map(({ status }) => status)).toEqual(shown.map(() => 200));
  });

  it.each([
    ['letters', 'x'],
    ['ampersands', '&'],
    ['brackets', '<'],
    ['asterisks', '*'],
    ['emoji', '😀'],
    ['three-byte characters', '語'],
    ['quotation marks', '"'],
    ['line breaks between words', 'a\n'],
  ])('takes a message of 60,000 %s', async (_, unit) => {
    const long = unit.repeat(60_000 / unit.length);
    const shown = message({ ...eventOf('outbid', { subject: long, message: long }), type: 'y'.repeat(128) });
    expect(await statusOf(shown)).toEqual([200]);
  });

  it('takes a message whose own fields are all at their longest', async () => {
    const long = 'x😀'.repeat(10_000);
    expect(await statusOf({ ...base, title: long, text: long, details: long })).toEqual([200]);
  });

  it('takes a message without text', async () => {
    expect(await statusOf({ ...base, text: '' })).toEqual([200]);
  });

  it('takes a message without text and link', async () => {
    const { link: _, ...bare } = { ...base, text: '' };
    expect(await statusOf(bare)).toEqual([200]);
  });

  it('takes a message from the year 33658', async () => {
    expect(await statusOf({ ...base, created: '+033658-09-27T01:46:39.000Z' })).toEqual([200]);
  });

  it('posts nothing of a confidential event, and says so in the log', async () => {
    const room = openRoom();
    const context = contextFor(room.secrets);
    await send(context, message(eventOf('password_reset')));
    expect(await room.received(platform)).toEqual([]);
    expect(context.lines.join()).toContain('destination.withheld');
  });

  it('marks how bad an event is', () => {
    const looks = (['good', 'info', 'warning', 'critical'] as const).map((severity) => {
      const shown = { ...base, severity };
      return {
        slack: slackText(shown)[0]?.text,
        discord: embedOf(shown)?.color,
        'google-chat': cardOf(shown)?.header.title,
      }[platform];
    });
    expect(new Set(looks).size).toBe(4);
  });
});

const HOSTILE = [
  '<!channel> <!here> <!everyone>',
  '<@U012AB3CD> <#C012AB3CD>',
  '<https://evil.example|Open billing>',
  '&lt;!channel&gt;',
  '@everyone @here',
  '<@&123456789> <@123456789>',
  '[Open billing](https://evil.example)',
  '**bold** __under__ ~~gone~~ `code` ||spoiler||',
  '# Heading',
  '> quote',
  '- item',
  '1. item',
  'https://evil.example/login',
  '<users/all>',
  '<a href="https://evil.example">Open billing</a>',
  '<b>bold</b><br>',
  '\\*already escaped\\*',
  ':rotating_light:',
  '<t:1700000000:R>',
];

describe.each(HOSTILE)('hostile text %s', (hostile) => {
  const shown = message({ ...eventOf('outbid', { subject: hostile, message: hostile }) });

  it('is plain text in Slack, with every control character escaped', () => {
    const { blocks, text, mrkdwn } = slackPayload(shown);
    const context = blocks.at(-1);
    const markup = JSON.stringify(context).includes('mrkdwn')
      ? (context as { elements: { text: string }[] }).elements.at(-1)
      : undefined;
    for (const block of slackText(shown)) {
      expect(block).toMatchObject({ type: 'plain_text', emoji: false });
      expect(block.text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
      expect(unescapeEntities(block.text)).toContain(hostile);
    }
    expect(mrkdwn).toBe(false);
    expect(text).not.toMatch(/[<>]/);
    // The only markup is our own link.
    expect(markup?.text).toBe('<https://cloud.vast.ai/instances/|Open instances>');
  });

  it('pings nobody in Discord and has no construct left unescaped', () => {
    expect(discordPayload(shown).allowed_mentions).toEqual({ parse: [] });
    for (const text of [embedOf(shown)?.title, embedOf(shown)?.description]) {
      const unescaped = String(text).replace(/\\[^A-Za-z0-9\s]/g, '');
      expect(unescaped).not.toMatch(/[*_~`|[\]<@]|:\/\/|:\w+:|^\s*(?:[#>-]|\d+\.)/m);
      expect(String(text).replace(/\\([^A-Za-z0-9\s])/g, '$1')).toBe(hostile);
    }
    expect(embedOf(shown)?.url).toBe('https://cloud.vast.ai/instances/');
  });

  it('is escaped in a Google Chat card and has no mention in its notification', () => {
    const payload = googleChatPayload(shown);
    expect(payload).not.toHaveProperty('text');
    expect(payload.fallbackText).not.toMatch(/[<>]/);
    expect(paragraphOf(shown)).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
    expect(unescapeEntities(paragraphOf(shown) ?? '')).toBe(hostile);
  });
});

describe('limits', () => {
  const long = { ...base, title: '&'.repeat(40_000), text: '&'.repeat(40_000) };

  it('cuts no entity of Slack or Google Chat apart', () => {
    for (const text of [...slackText(long).map((block) => block.text), paragraphOf(long) ?? '']) {
      expect(text).toMatch(/(?:^|\s)(?:&amp;)+…$/);
    }
  });

  it('cuts no escape of Discord apart', () => {
    const description = embedOf({ ...base, text: '*'.repeat(9000) })?.description ?? '';
    expect(description).toMatch(/^(?:\\\*)+…$/);
    expect(description.length).toBeGreaterThan(4090);
  });

  it('gives a long message as much room as the platform has', () => {
    const letters = { ...base, text: 'x'.repeat(40_000) };
    expect(slackText(letters)[1]?.text).toHaveLength(3000);
    expect(embedOf(letters)?.description).toHaveLength(4096);
    expect(paragraphOf(letters)?.length).toBeGreaterThan(25_000);
  });
});

describe('a link', () => {
  it('cannot break out of its Slack markup', () => {
    const link = { label: 'Ops>|<!channel>', url: 'https://ops.example/a|b>c?x=1&y=<2' };
    const blocks = JSON.stringify(slackPayload({ ...base, link }).blocks.at(-1));
    expect(blocks).toContain('<https://ops.example/a%7Cb&gt;c?x=1&amp;y=&lt;2|Ops&gt;|&lt;!channel&gt;>');
  });
});

function unescapeEntities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
