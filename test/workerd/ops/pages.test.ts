import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { duration } from '../../../src/duration.ts';
import { openLedger } from '../../../src/ledger/client.ts';
import { LIST_WINDOW, LOCAL_WATCH_INTERVAL_MS, MATCHES_COUNTED } from '../../../src/limits.ts';
import { isoOf, startOfDay } from '../../../src/ops/when.ts';
import { ask, eventAt } from './ask.ts';
import { inLedger } from './fill.ts';
import { DEAD_ERROR, DEAD_ID, fillMixedHour, LATE_ID, RETRYING_ID, UNREADABLE_ID } from './mixed-hour.ts';

beforeEach(() => reset());

const page = async (path: string, init = {}) => (await ask(path, init)).text();
const fill = () => inLedger(({ sql, transaction }) => fillMixedHour(sql, transaction, Date.now()));
const post = (path: string) => ask(path, { method: 'POST', headers: { origin: 'https://worker.example' } });

describe('the overview', () => {
  it('says how to send a first event while the ledger is empty', async () => {
    expect(await page('/ops')).toContain('npm run trigger -- outbid');
  });

  it('says first what has failed, and names the error', async () => {
    await fill();
    const html = await page('/ops');
    expect(html).toContain('1 event has failed for good');
    expect(html.indexOf(DEAD_ERROR)).toBeGreaterThan(html.indexOf('Recent failures'));
    expect(html.indexOf(DEAD_ERROR)).toBeLessThan(html.indexOf('All events by status'));
  });

  it('says that nothing can be received while no secret is set', async () => {
    const unset = { VASTAI_WEBHOOK_SECRET: '', VASTAI_WEBHOOK_SECRET_HOST: '' };
    expect(await page('/ops', { env: unset })).toContain('Not receiving: no webhook secret is set');
  });

  it('says that all is well once everything is processed', async () => {
    await inLedger(({ story }) => story.succeed(story.event('outbid', Date.now()), Date.now()));
    expect(await page('/ops')).toContain('All is well');
  });

  it('does not stay red for a month over an event that somebody left alone', async () => {
    const before = Date.now() - 3 * 86_400_000;
    await inLedger(({ story }) => story.fail(story.event('outbid', before), before, [0], 'Error: no', 'dead'));
    const html = await page('/ops');
    expect(html).toContain('All is well');
    expect(html).toContain('1 older event waits');
  });

  it('says how long nothing has come and what that may mean, and no longer that all is well', async () => {
    const days = (count: number) => Date.now() - count * 86_400_000;
    await inLedger(({ story }) => {
      story.succeed(story.event('outbid', days(6.9)), days(6.9));
      story.succeed(story.event('webhook_test', days(0)), days(0));
    });
    expect(await page('/ops')).toContain('All is well');
    await reset();
    await inLedger(({ story }) => {
      story.succeed(story.event('outbid', days(25)), days(25));
      story.succeed(story.event('webhook_test', days(0)), days(0));
    });
    const html = await page('/ops');
    expect(html).toContain('Nothing has come for 25 days');
    expect(html).toContain('npm run vast -- doctor --url https://worker.example');
    expect(html).not.toContain('All is well');
    await fill();
    expect(await page('/ops')).not.toContain('Nothing has come');
  });

  it('links every part of its verdict to the events it counts', async () => {
    await fill();
    const verdict = (await page('/ops')).match(/<section class="verdict.*?<\/section>/s)?.[0] ?? '';
    const links = [...verdict.matchAll(/href="([^"]+)"[^>]*>([^<]+)</g)].map(([, href = '', text = '']) => ({
      href: href.replaceAll('&amp;', '&'),
      text: text.trim(),
    }));
    expect(links.map(({ text }) => text)).toEqual([
      '1 event has failed for good',
      '2 deliveries were quarantined',
      '1 event is being retried',
      'Show what needs attention',
    ]);
    const listed = await Promise.all(
      links.map(async ({ href }) => (await page(href)).match(/(\d+) events? match/)?.[1]),
    );
    expect(listed).toEqual(['1', '2', '1', '4']);
  });

  it('puts first what needs a person, and draws no empty chart', async () => {
    const empty = await page('/ops');
    expect(empty).not.toContain('<svg');
    expect(empty).not.toContain('peak');
    await fill();
    const byStatus = (await page('/ops')).match(/All events by status.*?<\/dl>/s)?.[0] ?? '';
    const counts = [...byStatus.matchAll(/badge (\w+)(?:(?!badge).)*\?status=\1">[\d,]+ events?</gs)];
    expect(counts.map(([, status]) => status)).toEqual([
      'dead',
      'quarantined',
      'retrying',
      'queued',
      'processing',
      'processed',
    ]);
  });

  it('leads from each bar to the list of its hour', async () => {
    await fill();
    const html = await page('/ops');
    const bars = [...html.matchAll(/<a href="([^"]+)" tabindex="-1">\s*<title>[^:]+:\d\d: ([^<]+)</g)];
    expect(bars).toHaveLength(48);
    for (const [, href = '', counts = ''] of bars) {
      const total = [...counts.matchAll(/\d+/g)].reduce((sum, [count]) => sum + Number(count), 0);
      const listed = await page(href.replaceAll('&amp;', '&'));
      if (total === 0) expect(listed).toContain('0 events match');
      else expect(listed).toMatch(new RegExp(`>${total} events? match`));
    }
  });

  it('names this Worker’s own address while nothing has come, and localhost on this machine alone', async () => {
    for (const path of ['/ops', '/ops/events']) {
      const html = await page(path);
      expect(html).toContain('https://worker.example/webhooks/vastai');
      expect(html).toContain('npm run trigger -- outbid --url https://worker.example');
      expect(html).not.toContain('localhost');
    }
    expect(await page('http://localhost:8787/ops')).toContain('npm run trigger -- outbid</pre>');
  });

  it('shows times in the zone of its reader, where the platform knows one', async () => {
    const at = Date.UTC(2026, 2, 2, 23, 30);
    await inLedger(({ story }) => story.succeed(story.event('outbid', at, 'a'), at));
    const from = async (timezone?: string) => page(eventAt('a'), { cf: { timezone } });
    expect(await from('Asia/Tokyo')).toContain('2026-03-02 23:30:00 UTC · 2026-03-03 08:30:00 Tokyo');
    expect(await from('Europe/Berlin')).toContain('2026-03-02 23:30:00 UTC · 2026-03-03 00:30:00 Berlin');
    // The runtime's own name for it is Calcutta.
    expect(await from('Asia/Kolkata')).toContain('2026-03-02 23:30:00 UTC · 2026-03-03 05:00:00 Kolkata');
    for (const none of [undefined, 'Etc/UTC', 'Nowhere/Land', '']) expect(await from(none)).not.toContain('UTC ·');
    const list = await page('/ops/events', { cf: { timezone: 'America/New_York' } });
    expect(list).toContain('2026-03-02 23:30:00 UTC · 18:30:00 New York');
  });

  it('says "unknown" where a queue reports no backlog', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(await page('/ops', { env: { EVENTS: {} } })).toContain('<dd>unknown</dd>');
  });
});

describe('the list', () => {
  it('says how to send a first event while the ledger is empty', async () => {
    expect(await page('/ops/events')).toContain('npm run trigger -- outbid');
  });

  it('says that nothing matches, and links back to all events', async () => {
    await fill();
    const html = await page('/ops/events?q=nowhere-to-be-found');
    expect(html).toContain('0 events match');
    expect(html).toContain('Show all');
  });

  it('keeps the filter in its fields and in the address of the next page', async () => {
    await fill();
    const html = await page('/ops/events?type=outbid&q=Instance%20%22%26&limit=2');
    expect(html).toContain('value="Instance &quot;&amp;"');
    const next = await page('/ops/events?type=outbid&limit=2');
    expect(next).toMatch(/rel="next" href="\/ops\/events\?type=outbid&amp;limit=2&amp;cursor=\d+"/);
  });

  it('says that it has not searched everything, and offers to go on', async () => {
    await fill();
    await inLedger(({ sql }) => {
      for (const table of ['deliveries', 'events']) {
        sql.exec(`UPDATE ${table} SET seq = seq + ? WHERE seq > 10`, 2 * LIST_WINDOW);
      }
    });
    for (const type of ['outbid', 'nothing']) {
      const html = await page(`/ops/events?type=${type}&limit=200`);
      expect(html).toContain(`Searched only the newest ${LIST_WINDOW.toLocaleString('en')} events.`);
      expect(html).toMatch(new RegExp(`rel="next" href="/ops/events\\?type=${type}&amp;limit=200&amp;cursor=11"`));
    }
    const last = await page('/ops/events?type=nothing&cursor=11');
    expect(last).toContain('0 events match');
    expect(last).not.toContain('Searched only');
  });

  it('refuses an invalid cursor on a readable page', async () => {
    const answer = await ask('/ops/events?cursor=abc');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('cursor must be a whole number');
  });

  it('says what each row is about, and shows no text that may let a reader into the account', async () => {
    await inLedger(({ story }) => {
      const now = Date.now();
      const secret = { subject: 'Click https://vast.ai/reset?t=hush', message: '' };
      for (const type of ['password_reset', 'magic_login_link']) {
        story.succeed({ ...story.event('outbid', now), type, data: secret }, now);
        story.fail({ ...story.event('outbid', now), type, data: secret }, now, [0], 'Error: hush', 'dead');
      }
      story.succeed(story.event('outbid', now, 'fine'), now);
      story.fail(story.event('low_credit', now), now, [0], 'Error: seen', 'dead');
    });
    const html = await page('/ops/events');
    expect(html).not.toContain('hush');
    expect(html.match(/Withheld/g)).toHaveLength(4);
    expect(html).toContain('Your Interruptible Instance #48926820 Has Been Outbid');
    expect(html).toContain('Error: seen');
    expect(html).not.toMatch(/\b1 tr(y|ies)/);
    expect(html.match(/just now/g)).toHaveLength(1);
  });

  it('filters by time, in UTC where none is named, and keeps the time in its fields', async () => {
    const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const at = Date.parse(`${day}T04:30Z`);
    await inLedger(({ story }) => story.succeed(story.event('outbid', at, 'a'), at));
    for (const [query, found] of [
      [`from=${day}`, true],
      [`from=${day}T04:30`, true],
      [`from=${day}T04:31`, false],
      [`to=${day}T04:30`, false],
      [`from=${day}T05:00%2B01:00&to=${day}T04:30:01Z`, true],
    ] as const) {
      expect((await page(`/ops/events?${query}`)).includes('1 event matches'), query).toBe(found);
    }
    expect(await page(`/ops/events?from=${day}T04:30`)).toContain(`name="from" value="${day}T04:30"`);
    for (const wrong of ['yesterday', '2026-13-01', '2026-02-30', '2026-02-30T04:30', '1', '2026-03-02 04:30'])
      expect((await ask(`/ops/events?from=${wrong}`)).status, wrong).toBe(400);
  });

  it('offers the last hour and the day of its reader', async () => {
    const today = async (timezone?: string) => {
      const html = await page('/ops/events', { cf: { timezone } });
      return html.match(/from=([^"]+)">Today/)?.[1]?.replaceAll('%3A', ':');
    };
    const utcDay = new Date().toISOString().slice(0, 10);
    expect(await today()).toBe(`${utcDay}T00:00:00Z`);
    expect(await today('Asia/Kolkata')).toMatch(/T18:30:00Z$/);
  });

  it.each([
    ['Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00Z'],
    ['Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00Z'],
    ['America/New_York', '2026-11-01T18:00:00Z', '2026-11-01T04:00:00Z'],
    ['America/Asuncion', '2023-10-01T12:00:00Z', '2023-10-01T04:00:00Z'],
    ['Asia/Kolkata', '2026-10-25T12:00:00Z', '2026-10-24T18:30:00Z'],
  ])('has the day of %s begin at its midnight, though clocks change on it: %s', (zone, now, first) => {
    expect(isoOf(startOfDay({ now: Date.parse(now), zone, origin: '', hasPatrol: false }))).toBe(first);
  });

  it.each([
    [140.4, '140 ms'],
    [999.7, '1 s'],
    [59_960, '1 min'],
    [32_407_000, '9 h'],
    [32_520_000, '9 h 2 min'],
    [187_200_000, '2 days 4 h'],
  ])('spells %d ms as %s', (ms, text) => expect(duration(ms)).toBe(text));

  it('counts what matches, up to a bound, and says so', async () => {
    await inLedger(({ story }) => {
      for (let index = 0; index < MATCHES_COUNTED; index += 1) story.start(story.event('outbid', 1_700_000_000_000), 0);
    });
    const type = '/ops/events?type=outbid';
    expect(await page(type)).toContain('1,000 events match.');
    await inLedger(({ story }) => story.start(story.event('outbid', 1_700_000_000_000), 0));
    expect(await page(type)).toContain('At least 1,000 events match.');
  });

  it('offers to run all again only for what waits for a decision', async () => {
    await fill();
    expect(await page('/ops/events?status=dead')).toContain('Run this event again');
    expect(await page('/ops/events?status=quarantined')).toContain('Run all of these again');
    for (const query of ['', '?status=processed', '?type=outbid']) {
      expect(await page(`/ops/events${query}`), query).not.toMatch(/Run (all of these|this event) again/);
    }
  });
});

describe('an event’s page', () => {
  beforeEach(fill);

  it.each([
    ['deployed', {}, 30 * 60_000, 'in 1 min'],
    ['under `npm run dev`', { LOCAL_DEV: '1' }, LOCAL_WATCH_INTERVAL_MS, 'in 31 min'],
  ])('says when a failing event is tried next, %s', async (_, local, watchedAfter, words) => {
    const { dueAt } = (await openLedger(env).get(RETRYING_ID)) ?? { dueAt: 0 };
    const retryAt = new Date((dueAt ?? 0) - watchedAfter).toISOString().slice(0, 19).replace('T', ' ');
    const html = await page(eventAt(RETRYING_ID), { env: local });
    expect(html).toContain('Try 5 of at most 11');
    expect(html).toContain(`${retryAt} UTC (${words})`);
  });

  it('lists every try with its error', async () => {
    const html = await page(eventAt(RETRYING_ID));
    expect(html.match(/<td class="outcome failed">/g)).toHaveLength(4);
  });

  it('shows a quarantined body as text where it is UTF-8, and says why it was refused', async () => {
    const html = await page(eventAt(LATE_ID));
    expect(html).toContain('signed more than 5 minutes before it arrived');
    expect(html).toContain('{&quot;event_id&quot;:');
  });

  it('shows a body that is not text as hex, and offers no replay', async () => {
    const html = await page(eventAt(UNREADABLE_ID));
    expect(html).toContain('000000  7b 22 69 64 ff fe 22 7d');
    expect(html).not.toContain('<form method="post"');
  });

  it('says when each thing happened and how long it took, and numbers the tries', async () => {
    const at = Date.now() - 60_000;
    await inLedger(({ story, ledger }) => {
      const event = story.event('outbid', at - 2_500, 'timed');
      story.fail(event, at, [1_000, 15_000], 'Error: old', 'dead');
      ledger.reopen({ endpoint: 'default', id: 'timed' }, at + 20_000);
      story.succeed(event, at + 30_000);
    });
    const html = await page(eventAt('timed'));
    expect(html).toContain('3.5 s later');
    // Settled after 900 ms, of which the handler took 310.
    expect(html).toContain('590 ms later');
    expect(html).toMatch(/3\d(\.\d)? s later/);
    const tries = [...html.matchAll(/<th scope="row">(\d+) <small>of run (\d)<.*?<td>([^<]*)</gs)];
    expect(tries.map(([, attempt, run]) => `${run}.${attempt}`)).toEqual(['2.1', '1.2', '1.1']);
    expect(tries.map(([, , , pause]) => pause)).toEqual(['after 16.4 s', 'after 13.7 s', 'after 590 ms']);
    expect(html).not.toContain('Last error');
  });

  it('shows the time that its sender gave, even where that clock stands at its very first moment', async () => {
    const at = Date.now() - 60_000;
    await inLedger(({ story }) =>
      story.succeed({ ...story.event('outbid', at, 'epoch'), created: new Date(0).toISOString() }, at),
    );
    expect(await page(eventAt('epoch'))).toMatch(
      /Created \(sender’s clock\)<\/dt>\s*<dd><time[^>]+>1970-01-01 00:00:00 UTC/,
    );
  });

  it('says how late a late one was, shows it as it came, and says why an accepted one is not shown so', async () => {
    const late = await page(eventAt(LATE_ID));
    expect(late).toMatch(/Signed <strong>6 min [34] s before<\/strong> it arrived/);
    expect(late).toContain('x-vast-timestamp');
    expect(await page(eventAt(RETRYING_ID))).toContain(
      'Headers and body are kept as they came of refused deliveries only',
    );
  });

  it('gives id and a command in fields that select as a whole', async () => {
    const id = "it's";
    await inLedger(({ story }) => story.succeed(story.event('outbid', Date.now(), id), Date.now()));
    const html = await page(eventAt(id));
    expect(html).toContain('<code class="whole">it&#39;s</code>');
    const command = 'curl -u "x:$OPS_TOKEN" \'https://worker.example/ops/api/event?id=it%27s&endpoint=default\'';
    expect(html).toContain(command.replaceAll('"', '&quot;').replaceAll("'", '&#39;').replaceAll('&e', '&amp;e'));
    expect(await page('/ops/style.css')).toMatch(/\.whole \{ user-select: all/);
  });

  it('leads to its neighbours and to others of its instance', async () => {
    const html = await page(eventAt(RETRYING_ID));
    expect(html).toContain('Others of instance 48927380');
    expect(html).toContain(eventAt(LATE_ID).replaceAll('&', '&amp;'));
    const previous = html.match(/rel="prev" href="([^"]+)"/)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(await page(previous)).toContain(`rel="next" href="${eventAt(RETRYING_ID).replaceAll('&', '&amp;')}"`);
    expect(html).not.toContain('rel="next"');
  });

  it('loads itself again while it is queued or processing, unless it is to keep still', async () => {
    const refresh = '<meta http-equiv="refresh"';
    await inLedger(({ story, ledger }) => {
      story.start(story.event('outbid', Date.now(), 'running'), Date.now());
      ledger.reopen({ endpoint: 'default', id: DEAD_ID }, Date.now());
    });
    for (const id of ['running', DEAD_ID]) {
      const html = await page(eventAt(id));
      expect(html).toContain(`${refresh} content="5"`);
      expect(html).not.toContain('Last error');
      const still = html.match(/href="([^"]+)">Keep it still/)?.[1]?.replaceAll('&amp;', '&') ?? '';
      expect(await page(still)).not.toContain(refresh);
    }
    for (const id of [RETRYING_ID, LATE_ID]) expect(await page(eventAt(id))).not.toContain(refresh);
  });

  it('folds away a text that may let its reader into the account', async () => {
    await inLedger(({ story }) => {
      const event = { ...story.event('password_reset', Date.now(), 'reset'), data: { subject: 'hush' } };
      story.succeed(event, Date.now());
    });
    const html = await page(eventAt('reset'));
    expect(html.indexOf('hush')).toBeGreaterThan(html.indexOf('Show it: it may hold'));
  });

  it('folds away its body as it was delivered, and errors that quote it, too', async () => {
    await inLedger(({ story }) => {
      const event = (id: string) => ({ ...story.event('password_reset', Date.now(), id), data: { subject: 'hush' } });
      story.quarantine(event('kept-reset'), 'timestamp_stale', Date.now());
      story.fail(event('dead-reset'), Date.now(), [0], 'Error: cannot open hush', 'dead');
    });
    for (const id of ['kept-reset', 'dead-reset']) {
      const open = (await page(eventAt(id))).replace(/<details>.*?<\/details>/gs, '');
      expect(open, id).not.toContain('hush');
      expect(open, id).toContain(id);
    }
  });

  it('warns before a replay repeats what has succeeded', async () => {
    const [done] = (await openLedger(env).list({ status: 'processed' }, null, 1)).events;
    expect(await page(eventAt(done?.id ?? ''))).toContain('does everything a second time');
  });

  it('is a readable 404 for an unknown event or another endpoint', async () => {
    for (const path of [eventAt('nothing'), eventAt(DEAD_ID, { endpoint: 'host' }), '/ops/event']) {
      const answer = await ask(path);
      expect(answer.status, path).toBe(404);
      expect(await answer.text(), path).toContain('There is no such event');
    }
  });

  it('keeps an event full of HTML and script as text, everywhere it is shown', async () => {
    const hostile = '<script>alert(1)</script><img/src=x/onerror=alert(2)>"\'&';
    await inLedger(({ story }) => {
      const event = { ...story.event('outbid', Date.now(), hostile), type: hostile, endpoint: hostile };
      story.fail({ ...event, data: { [hostile]: hostile } }, Date.now(), [0], hostile, 'dead');
      story.quarantine({ ...event, id: `${hostile}2`, data: { subject: hostile } }, hostile, Date.now());
    });
    const encoded = encodeURIComponent(hostile);
    for (const path of [
      '/ops',
      '/ops/events',
      `/ops/events?type=${encoded}&q=${encoded}`,
      `/ops/events?status=dead&q=${encoded}`,
    ]) {
      const html = await page(path);
      expect(html, path).toContain('&lt;script&gt;');
      expect(html, path).not.toMatch(/<script|<img/);
    }
    for (const id of [hostile, `${hostile}2`]) {
      const html = await page(eventAt(id, { endpoint: id === hostile ? hostile : 'default' }));
      expect(html).toContain('&lt;script&gt;');
      expect(html).not.toMatch(/<script|<img/);
    }
  });
});

it('links an event at its own endpoint, wherever it is shown', async () => {
  await inLedger(({ story }) => {
    const now = Date.now();
    story.fail({ ...story.event('outbid', now, 'a'), endpoint: 'host' }, now, [0], 'Error: no', 'retrying', now);
  });
  const link = `href="${eventAt('a', { endpoint: 'host' }).replaceAll('&', '&amp;')}"`;
  const { length: linksOnOverview } = (await page('/ops')).split(link).slice(1);
  expect(linksOnOverview, 'in the table, and as the oldest unfinished event').toBe(2);
  expect(await page('/ops/events')).toContain(link);
});

describe('an old link with the id in its path', () => {
  for (const id of ['plain', 'a/b', '?q=1', '#top', '100%', '%2e%2e', '"<b>\'&', '\\', ';&=+', 'sha256:9f', 'replay']) {
    it(`leads to the event ${id}, at its own endpoint`, async () => {
      for (const endpoint of ['default', 'host']) {
        await reset();
        await inLedger(({ story }) =>
          story.succeed({ ...story.event('outbid', Date.now(), id), endpoint }, Date.now()),
        );
        const answer = await ask(`/ops/events/${encodeURIComponent(id)}?replay=queued`);
        expect([answer.status, answer.headers.get('location')]).toEqual([302, eventAt(id, { endpoint })]);
        expect((await ask(answer.headers.get('location') ?? '')).status).toBe(200);
      }
    });
  }

  it('leads to a readable 404 where the event is gone', async () => {
    const answer = await ask('/ops/events/gone');
    expect(answer.headers.get('location')).toBe(eventAt('gone'));
    expect((await ask(eventAt('gone'))).status).toBe(404);
  });

  it('replays nothing', async () => {
    expect((await post(`/ops/events/${DEAD_ID}/replay`)).status).toBe(404);
    expect((await post(`/ops/events/${DEAD_ID}`)).status).toBe(405);
  });
});

describe('the replay button', () => {
  beforeEach(fill);

  it('redirects back to the event, so that reloading repeats nothing', async () => {
    const answer = await post(eventAt(DEAD_ID, { root: '/ops/event/replay' }));
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${eventAt(DEAD_ID)}&replay=queued`]);
    await vi.waitUntil(async () => (await openLedger(env).get(DEAD_ID))?.status === 'processed', { timeout: 120_000 });
    expect(await page(answer.headers.get('location') ?? '')).toContain('Run again, and processed');
  });

  for (const id of ['.', '..', 'a/b?c#d', '100%', '"><script>']) {
    it(`works for the event ${id}`, async () => {
      await inLedger(({ story }) =>
        story.fail(story.event('outbid', Date.now(), id), Date.now(), [0], 'Error: no', 'dead'),
      );
      const list = await page('/ops/events?status=dead');
      const link = [...list.matchAll(/href="(\/ops\/event[^"]*)"/g)]
        .map((match) => (match[1] ?? '').replaceAll('&amp;', '&'))
        .find((href) => href === eventAt(id));
      const form = (await page(link ?? '')).match(/method="post" action="([^"]+)"/)?.[1]?.replaceAll('&amp;', '&');
      expect(form).toBe(eventAt(id, { root: '/ops/event/replay' }));
      const answer = await post(form ?? '');
      expect(answer.status).toBe(303);
      expect(await page(answer.headers.get('location') ?? '')).toMatch(/Sent to the queue|Run again, and processed/);
    });
  }

  it('says why an event was not run', async () => {
    const answer = await post(eventAt(UNREADABLE_ID, { root: '/ops/event/replay' }));
    expect(await page(answer.headers.get('location') ?? '')).toContain('Its body is not an event');
  });

  it('shows no text from a crafted link', async () => {
    expect(await page(`${eventAt(DEAD_ID)}&replay=everything%20is%20fine`)).not.toContain('everything is fine');
  });

  it('for many shows the count, runs them once confirmed, then shows what is left', async () => {
    const preview = await page('/ops/events?status=dead');
    expect(preview).toContain('Run this event again');
    expect(preview).toContain('1 event matches');
    expect(preview).toContain(DEAD_ERROR);
    expect(preview).toContain('No, go back');
    expect(await page('/ops/events?status=quarantined')).toContain('Yes, run all 2 again');
    expect((await openLedger(env).get(DEAD_ID))?.status).toBe('dead');
    const answer = await post('/ops/replay?status=dead&cursor=');
    expect(answer.status).toBe(303);
    const done = await page(answer.headers.get('location') ?? '');
    expect(done).toContain('1 sent to the queue');
    expect(done).toContain('0 events match');
  });

  it('for many says what was skipped', async () => {
    const answer = await post('/ops/replay?status=quarantined');
    expect(await page(answer.headers.get('location') ?? '')).toContain('1 skipped');
  });

  it('for many refuses a filter without a status', async () => {
    expect((await post('/ops/replay')).status).toBe(400);
    expect((await post('/ops/replay?type=outbid')).status).toBe(400);
  });
});

it('says what still works while the ledger is down', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const out = () => Promise.reject(new Error('secret detail'));
  const LEDGER = { getByName: () => ({ stats: out, list: out, get: out }) };
  for (const path of ['/ops', '/ops/events', '/ops/events/x', '/ops/event?id=x']) {
    const answer = await ask(path, { env: { LEDGER } as never });
    expect(answer.status, path).toBe(503);
    const html = await answer.text();
    expect(html, path).toContain('Deliveries are still accepted');
    expect(html, path).not.toContain('secret detail');
  }
});
