import { describe, expect, it, vi } from 'vitest';
import { discord, discordPayload } from '../../../src/destinations/discord.ts';
import { googleChatPayload } from '../../../src/destinations/google-chat.ts';
import { type ChatMessage, message } from '../../../src/destinations/message.ts';
import { ntfy, ntfyPayload } from '../../../src/destinations/ntfy.ts';
import { pagerdutyPayload } from '../../../src/destinations/pagerduty.ts';
import { slackPayload } from '../../../src/destinations/slack.ts';
import { telegram, telegramPayload } from '../../../src/destinations/telegram.ts';
import { eventTypes } from '../../../src/event/catalogue.ts';
import { eventOf } from './events.ts';
import { contextFor, failureOf, openRoom, statusOf } from './platforms.ts';
import { senders } from './senders.ts';

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

describe.each(senders)('$platform', ({ platform, send }) => {
  const taken = [statusOf(platform)];
  const statusesFor = async (shown: ChatMessage) => {
    const room = openRoom();
    await send(contextFor(room.secrets), shown);
    return (await room.received(platform)).map(({ status }) => status);
  };

  it('takes a message of every type that is not confidential', async () => {
    const room = openRoom();
    const shown = eventTypes.map((type) => message(eventOf(type))).filter(({ confidential }) => !confidential);
    for (const each of shown) await send(contextFor(room.secrets), each);
    expect((await room.received(platform)).map(({ status }) => status)).toEqual(shown.flatMap(() => taken));
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
    expect(await statusesFor(shown)).toEqual(taken);
  });

  it('takes a message whose own fields are all at their longest', async () => {
    const long = 'x😀'.repeat(10_000);
    expect(await statusesFor({ ...base, title: long, text: long, details: long })).toEqual(taken);
  });

  it('takes a message without text', async () => {
    expect(await statusesFor({ ...base, text: '' })).toEqual(taken);
  });

  it('takes a message without text and link', async () => {
    const { link: _, ...bare } = { ...base, text: '' };
    expect(await statusesFor(bare)).toEqual(taken);
  });

  it('takes a message from the year 33658', async () => {
    const late = { ...eventOf('outbid'), created: '+033658-09-27T01:46:39.000Z' };
    expect(await statusesFor(message(late))).toEqual(taken);
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
        ntfy: ntfyPayload(shown).priority,
        telegram: telegramPayload(shown).text,
        pagerduty: pagerdutyPayload(shown).payload.severity,
      }[platform];
    });
    // PagerDuty knows no good news: what is good is what resolves.
    expect(new Set(looks).size).toBe(platform === 'pagerduty' ? 3 : 4);
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
    const { blocks, text, mrkdwn, ...rest } = slackPayload(shown);
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
    // Slack finds addresses even in plain text.
    expect(rest).toEqual({ unfurl_links: false, unfurl_media: false });
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

  it('is code in Telegram, in which nothing is found, and is not escaped', () => {
    const { text, entities, ...rest } = telegramPayload(shown);
    expect(entities).toEqual([{ type: 'pre', offset: 0, length: text.length }]);
    expect(text).toContain(hostile);
    expect(rest).not.toHaveProperty('parse_mode');
  });

  it('is plain text in ntfy and PagerDuty', () => {
    const { title, message: text, ...rest } = ntfyPayload(shown);
    expect([title, text.split('\n\n')[0]]).toEqual([`🔴 ${hostile}`, hostile]);
    expect(rest).not.toHaveProperty('markdown');
    expect(pagerdutyPayload(shown).payload).toMatchObject({ summary: hostile, custom_details: { text: hostile } });
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
    expect(ntfyPayload(letters).message.length).toBeGreaterThan(4080);
    expect(telegramPayload(letters).text).toHaveLength(4096);
  });
});

describe('small print', () => {
  it.each(['x', '"', '語'])('is there below a text of 60,000 times %s', (unit) => {
    const long = { ...base, text: unit.repeat(60_000) };
    for (const text of [ntfyPayload(long).message, telegramPayload(long).text]) expect(text).toContain(base.details);
  });
});

describe('ntfy', () => {
  const posted = async (NTFY_URL: string, NTFY_TOKEN?: string) => {
    const room = openRoom();
    const env = { NTFY_URL: `${room.urlOf('ntfy')}${NTFY_URL}`, ...(NTFY_TOKEN !== undefined && { NTFY_TOKEN }) };
    await ntfy(contextFor(env), base);
    return room.received('ntfy');
  };

  it.each(['/topic', '/topic/', '/topic?up=1'])("publishes to a topic at the server's root (%s)", async (path) => {
    const [delivery] = await posted(path);
    expect(delivery?.status).toBe(200);
    expect(JSON.parse(delivery?.body ?? '')).toMatchObject({ topic: 'topic', title: `🔴 ${base.title}`, priority: 5 });
  });

  it('shows its token, if it has one', async () => {
    expect((await posted('/topic', ' tk_secret\n'))[0]?.headers.authorization).toBe('Bearer tk_secret');
    expect((await posted('/topic'))[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each(['', '/', '/a%20b', `/${'x'.repeat(65)}`])(
    'sends nothing where the address has no topic (%j)',
    async (path) => {
      const context = contextFor({ NTFY_URL: `https://ntfy.example${path}` });
      const failure = await failureOf(ntfy(context, base));
      expect(failure.message).toBe('the secret NTFY_URL does not end in a topic');
    },
  );

  it('opens the page when it is tapped', () => {
    expect(ntfyPayload(base).click).toBe('https://cloud.vast.ai/instances/');
  });
});

describe('Discord', () => {
  it.each([
    // As its settings show it: without a version it is 6, whose Retry-After is in milliseconds.
    ['https://discord.com/api/webhooks/1/a-b', 'https://discord.com/api/v10/webhooks/1/a-b?wait=true'],
    [
      'https://discord.com/api/webhooks/1/a?thread_id=5',
      'https://discord.com/api/v10/webhooks/1/a?thread_id=5&wait=true',
    ],
    ['https://discord.com/api/v9/webhooks/1/a', 'https://discord.com/api/v9/webhooks/1/a?wait=true'],
    ['https://proxy.example/discord', 'https://proxy.example/discord?wait=true'],
  ])('posts to %s by a version of its API that counts in seconds', async (DISCORD_WEBHOOK_URL, address) => {
    const fetching = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response());
    await discord(contextFor({ DISCORD_WEBHOOK_URL }), base);
    expect(String(fetching.mock.calls[0]?.[0])).toBe(address);
    fetching.mockRestore();
  });
});

describe('Telegram', () => {
  it('rings for what is bad, and is silent for the rest', () => {
    const silent = (severity: ChatMessage['severity']) => telegramPayload({ ...base, severity }).disable_notification;
    expect((['good', 'info', 'warning', 'critical'] as const).map(silent)).toEqual([true, true, false, false]);
  });

  it('has a button that leads to the page, unless that is on this machine', () => {
    const buttonTo = (url: string) => telegramPayload({ ...base, link: { label: 'Open', url } });
    expect(buttonTo('https://ops.example/')).toMatchObject({
      reply_markup: { inline_keyboard: [[{ text: 'Open', url: 'https://ops.example/' }]] },
    });
    expect(buttonTo('http://localhost:8787/ops').reply_markup).toBeUndefined();
  });

  it.each(['123456', '123456:abc/../../evil', '123456:abc?x=1', 'https://evil.example', '123456:abc#'])(
    'posts nothing, and quotes nothing, where its token is %j',
    async (token) => {
      const context = contextFor({ TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: '1' });
      const failure = await failureOf(telegram(context, base));
      expect(failure.message).toBe('the secret TELEGRAM_BOT_TOKEN is not the token of a bot');
    },
  );

  it('says that its chat is missing', async () => {
    const context = contextFor({ TELEGRAM_BOT_TOKEN: '123456:abc' });
    expect((await failureOf(telegram(context, base))).message).toBe('the secret TELEGRAM_CHAT_ID is not set');
  });
});

describe('PagerDuty', () => {
  const offline = 'Your instance 4711 on machine 12 is offline.';

  it('resolves by the key by which it was triggered, at whatever endpoint', () => {
    const online = eventOf('instance_online', { subject: 'Online', message: 'Instance 4711 is online again.' });
    const trigger = pagerdutyPayload(
      message(eventOf('instance_offline', { subject: 'Offline', message: offline }, 'client')),
    );
    const resolve = pagerdutyPayload(message(online));
    expect(trigger).toMatchObject({
      event_action: 'trigger',
      payload: { source: 'instance 4711', severity: 'critical' },
    });
    expect(resolve.event_action).toBe('resolve');
    expect(resolve.dedup_key).toBe(trigger.dedup_key);
  });

  it.each([
    ['another instance', 'instance_offline', 'Your instance 4712 is offline.'],
    ['another condition', 'outbid', 'Your instance 4711 was outbid.'],
    ['no instance', 'instance_offline', 'Your instance is offline.'],
  ])('has another key for %s', (_, type, text) => {
    const keyOf = (type: string, text: string) =>
      pagerdutyPayload(message(eventOf(type, { subject: 'Mind it', message: text }))).dedup_key;
    expect(keyOf(type, text)).not.toBe(keyOf('instance_offline', offline));
  });

  it.each(['observed.idle', 'observed.burn_rate'])('resolves %s when patrol has seen its end', (type) => {
    const opening = eventOf(type, {}, 'patrol');
    // As patrol makes them: an account's are about no instance.
    const mentions = type === 'observed.idle' ? { mentions: { instanceId: 4711 } } : {};
    const end = eventOf('observed.cleared', { condition: { id: opening.id, type, since: opening.created } }, 'patrol');
    const [trigger, resolve] = [opening, end].map(({ mentions: _, ...event }) =>
      pagerdutyPayload(message({ ...event, ...mentions })),
    );
    expect([trigger?.event_action, resolve?.event_action]).toEqual(['trigger', 'resolve']);
    expect(resolve?.dedup_key).toBe(trigger?.dedup_key);
    expect(trigger?.dedup_key).toBe(`${type} of ${type === 'observed.idle' ? 'instance 4711' : 'the account'}`);
  });

  it.each([null, 'x', 7, { type: 7 }, { type: 'outbid' }, { type: '\ud83d' }])(
    'takes a condition of %j from elsewhere for none',
    (condition) => {
      expect(pagerdutyPayload(message(eventOf('observed.cleared', { condition }))).event_action).toBe('trigger');
    },
  );

  it('tells long keys apart by their ends', () => {
    const keyOf = (key: string) => pagerdutyPayload({ ...base, condition: { key, resolves: false } }).dedup_key;
    expect(keyOf(`${'x'.repeat(300)}1`)).toHaveLength(255);
    expect(keyOf(`${'x'.repeat(300)}1`)).not.toBe(keyOf(`${'x'.repeat(300)}2`));
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
