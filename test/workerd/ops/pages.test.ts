import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openLedger } from '../../../src/ledger/client.ts';
import { LIST_WINDOW, LOCAL_WATCH_INTERVAL_MS } from '../../../src/limits.ts';
import { ask, eventAt } from './ask.ts';
import { inLedger } from './fill.ts';
import { DEAD_ERROR, DEAD_ID, fillMixedHour, LATE_ID, RETRYING_ID, UNREADABLE_ID } from './mixed-hour.ts';

beforeEach(() => reset());

const page = async (path: string, init = {}) => (await ask(path, init)).text();
const fill = () => inLedger(({ sql, transaction }) => fillMixedHour(sql, transaction, Date.now()));
const post = (path: string, form: Record<string, string> = {}) =>
  ask(path, { method: 'POST', body: new URLSearchParams(form), headers: { origin: 'https://worker.example' } });

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
    expect(html).toContain('No event matches');
    expect(html).toContain('Show all events');
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
    expect(last).toContain('No event matches');
    expect(last).not.toContain('Searched only');
    expect(await page('/ops/replay?status=processed&type=nothing')).toContain('cursor=11');
  });

  it('refuses an invalid cursor on a readable page', async () => {
    const answer = await ask('/ops/events?cursor=abc');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('cursor must be a whole number');
  });

  it('offers to run all again only for what waits for a decision', async () => {
    await fill();
    expect(await page('/ops/events?status=dead')).toContain('Run all of these again');
    for (const query of ['', '?status=processed', '?type=outbid']) {
      expect(await page(`/ops/events${query}`), query).not.toContain('Run all of these again');
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
      `/ops/replay?status=dead&q=${encoded}`,
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
    expect(await page('/ops/replay?status=dead')).toContain('1 event matches');
    expect((await openLedger(env).get(DEAD_ID))?.status).toBe('dead');
    const answer = await post('/ops/replay', { status: 'dead', cursor: '' });
    expect(answer.status).toBe(303);
    const done = await page(answer.headers.get('location') ?? '');
    expect(done).toContain('1 sent to the queue');
    expect(done).toContain('0 events are left');
  });

  it('for many says what was skipped', async () => {
    const answer = await post('/ops/replay', { status: 'quarantined' });
    expect(await page(answer.headers.get('location') ?? '')).toContain('1 skipped');
  });

  it('for many refuses a filter without a status', async () => {
    expect((await post('/ops/replay', {})).status).toBe(400);
    expect((await ask('/ops/replay?type=outbid')).status).toBe(400);
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
