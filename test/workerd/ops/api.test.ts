import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventPage, EventRecord } from '../../../src/ledger/queries.ts';
import { MATCHES_COUNTED } from '../../../src/limits.ts';
import { ask, eventAt, json, postJson } from './ask.ts';
import { inLedger, refill } from './fill.ts';
import { DEAD_ERROR, DEAD_ID, LATE_ID, RETRYING_ID, UNREADABLE_ID } from './mixed-hour.ts';

/** Ids that break a URL which is built carelessly. */
const awkwardIds = [
  '.',
  '..',
  '/',
  'a/b',
  '../..',
  '?q=1',
  '#top',
  '100%',
  '%2e%2e',
  '%zz',
  '"<b>\'&',
  '\\',
  ';&=+',
  'replay',
  'x'.repeat(256),
];

beforeEach(refill);

const urlOf = (id: string, endpoint?: string) => eventAt(id, { root: '/ops/api/event', endpoint });
const eventOf = (id: string) => json<EventRecord>(ask(urlOf(id)));
const replay = (id: string, endpoint?: string) =>
  ask(eventAt(id, { root: '/ops/api/event/replay', endpoint }), { method: 'POST' });
const untilProcessed = (id: string) =>
  vi.waitUntil(async () => (await eventOf(id)).status === 'processed', { timeout: 120_000, interval: 100 });

describe('GET /ops/api/events', () => {
  it('lists the latest events with a cursor for the next page', async () => {
    const first = await json<EventPage>(ask('/ops/api/events?limit=3'));
    const second = await json<EventPage>(ask(`/ops/api/events?limit=3&cursor=${first.cursor}`));
    expect(first.events.map((event) => event.status)).toContain('retrying');
    expect(new Set([...first.events, ...second.events].map((event) => event.id)).size).toBe(6);
  });

  it('ignores empty parameters, as a form sends them', async () => {
    const page = await json<EventPage>(ask('/ops/api/events?status=dead&type=&endpoint=&q=&cursor='));
    expect(page.events.map((event) => event.id)).toEqual([DEAD_ID]);
  });

  for (const query of [
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=1.5',
    'limit=1e2',
    'cursor=-1',
    'cursor=abc',
    'cursor=99999999999999999999',
    'cursor=1;DROP',
    'status=nonsense',
    'status=constructor',
    `type=${'x'.repeat(129)}`,
    `endpoint=${'x'.repeat(257)}`,
    `q=${'x'.repeat(257)}`,
    `q=${'x'.repeat(10_000)}`,
  ]) {
    it(`refuses ${query.slice(0, 40)} and says why`, async () => {
      const answer = await ask(`/ops/api/events?${query}`);
      expect(answer.status).toBe(400);
      expect((await json<{ issues: string[] }>(Promise.resolve(answer))).issues[0]).toMatch(/must be/);
    });
  }
});

describe('GET /ops/api/event?id=&endpoint=', () => {
  it('gives the envelope, the status and every try with its time and error', async () => {
    const event = await eventOf(RETRYING_ID);
    expect(event).toMatchObject({
      status: 'retrying',
      attempts: 4,
      event: { id: RETRYING_ID, type: 'instance_offline' },
    });
    expect(event.tries).toHaveLength(4);
    for (const attempt of event.tries)
      expect(attempt).toMatchObject({ outcome: 'failed', error: expect.stringContaining('503') });
  });

  it('does not tell who holds the event', async () => {
    const event = await eventOf(RETRYING_ID);
    expect(event).not.toHaveProperty('holder');
    expect(event).not.toHaveProperty('claim');
  });

  it('gives a quarantined delivery with its reason, headers and raw body', async () => {
    const { event, refusal } = await eventOf(UNREADABLE_ID);
    expect(event).toBeNull();
    expect(refusal).toMatchObject({ reason: 'body_not_utf8', body: 'eyJpZP/+In0=' });
  });

  it('answers 404 for an unknown id', async () => {
    for (const id of ['nothing', 'a/b', '..', '']) expect((await ask(urlOf(id))).status, id).toBe(404);
    expect((await ask('/ops/api/event')).status).toBe(404);
  });

  it('uses the default endpoint where none is named', async () => {
    for (const rest of ['', '&endpoint=']) {
      expect((await ask(`/ops/api/event?id=${DEAD_ID}${rest}`)).status, rest).toBe(200);
    }
  });

  it('answers 404 at an endpoint that is not the event’s own', async () => {
    await inLedger(({ story }) => story.succeed({ ...story.event('outbid', Date.now(), 'a'), endpoint: 'host' }, 0));
    expect((await ask(urlOf('a', 'host'))).status).toBe(200);
    const other = await ask(urlOf('a'));
    expect([other.status, await other.json()]).toEqual([404, { error: 'Not found' }]);
    expect((await ask(urlOf(DEAD_ID, 'host'))).status).toBe(404);
  });

  it('answers 404 to the old paths', async () => {
    expect((await ask(`/ops/api/events/${DEAD_ID}`)).status).toBe(404);
    expect((await ask(`/ops/api/events/${DEAD_ID}/replay`, { method: 'POST' })).status).toBe(404);
  });

  for (const id of awkwardIds) {
    it(`finds the event ${id.slice(0, 20)}`, async () => {
      await inLedger(({ story }) =>
        story.fail(story.event('outbid', Date.now(), id), Date.now(), [0], 'Error: no', 'dead'),
      );
      expect((await eventOf(id)).id).toBe(id);
      const answer = await replay(id);
      expect([answer.status, answer.headers.get('location')]).toEqual([202, urlOf(id)]);
      const found = await ask(answer.headers.get('location') ?? '');
      expect((await json<EventRecord>(Promise.resolve(found))).id).toBe(id);
    });
  }
});

describe('POST /ops/api/event/replay?id=&endpoint=', () => {
  it('runs a dead event again, from the queue to its handler', async () => {
    const answer = await replay(DEAD_ID);
    expect([answer.status, await answer.json()]).toEqual([202, { id: DEAD_ID, status: 'queued' }]);
    await untilProcessed(DEAD_ID);
    const { run, tries } = await eventOf(DEAD_ID);
    expect(run).toBe(2);
    expect(tries.map((attempt) => attempt.error ?? attempt.outcome)).toEqual([DEAD_ERROR, 'succeeded']);
  });

  it('runs a quarantined delivery whose body is an event', async () => {
    expect((await replay(LATE_ID)).status).toBe(202);
    await untilProcessed(LATE_ID);
  });

  it('refuses what cannot be run, and says why', async () => {
    const unreadable = await replay(UNREADABLE_ID);
    expect([unreadable.status, await unreadable.json()]).toEqual([409, { error: 'not_an_event' }]);
    expect((await replay('nothing')).status).toBe(404);
  });
});

it('runs nothing for an endpoint that is not the event’s own', async () => {
  for (const path of ['/ops/api/event/replay', '/ops/event/replay']) {
    const answer = await ask(eventAt(DEAD_ID, { root: path, endpoint: 'host' }), { method: 'POST' });
    expect(answer.status, path).toBe(404);
  }
  expect(await eventOf(DEAD_ID)).toMatchObject({ status: 'dead', run: 1 });
});

describe('POST /ops/api/replay', () => {
  const addDead = (count: number) =>
    inLedger(({ story }) => {
      for (let index = 0; index < count; index += 1) {
        const event = story.event('idle_gpu', Date.now(), `dead-${index}`);
        story.fail(event, Date.now(), [0], 'Error: no', 'dead');
      }
    });

  it('says how many match in a dry run, and changes nothing', async () => {
    await addDead(5);
    const answer = await json(postJson('/ops/api/replay', { status: 'dead', type: 'idle_gpu', dryRun: true }));
    expect(answer).toEqual({ dryRun: true, matching: 5, more: false });
    expect((await eventOf('dead-0')).status).toBe('dead');
  });

  it('says in a dry run that there are more than it counts', async () => {
    await addDead(MATCHES_COUNTED + 1);
    const answer = await json(postJson('/ops/api/replay', { status: 'dead', type: 'idle_gpu', dryRun: true }));
    expect(answer).toEqual({ dryRun: true, matching: MATCHES_COUNTED, more: true });
  });

  it('replays step by step until nothing is left, and only what matches', async () => {
    await addDead(25);
    let cursor: number | null = null;
    const steps: number[] = [];
    do {
      const step: { queued: number; cursor: number | null } = await json(
        postJson('/ops/api/replay', { status: 'dead', type: 'idle_gpu', limit: 10, cursor }),
      );
      steps.push(step.queued);
      cursor = step.cursor;
    } while (cursor !== null);
    expect(steps).toEqual([10, 10, 5]);
    for (let index = 0; index < 25; index += 1) await untilProcessed(`dead-${index}`);
    expect((await eventOf(DEAD_ID)).status).toBe('dead');
  });

  it('names what it skipped', async () => {
    const answer = await postJson('/ops/api/replay', { status: 'quarantined' });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({
      queued: 1,
      notQueued: [{ id: UNREADABLE_ID, kind: 'refused', reason: 'not_an_event' }],
    });
  });

  it('requires a status, so that nobody reruns a whole month by mistake', async () => {
    for (const body of [{}, { type: 'outbid' }, { status: '' }, { status: 'all' }, [], 'dead', null, 7]) {
      expect((await postJson('/ops/api/replay', body)).status, JSON.stringify(body)).toBe(400);
    }
    const unreadable = await ask('/ops/api/replay', { method: 'POST', body: '{' });
    expect([unreadable.status, await unreadable.json()]).toEqual([
      400,
      { error: 'Invalid request', issues: ['status is required'] },
    ]);
    expect((await eventOf(DEAD_ID)).status).toBe('dead');
  });

  it('takes a dry run that is neither true nor false for a mistake, and runs nothing', async () => {
    for (const dryRun of ['true', 'false', '0', 0, 1, []])
      expect((await postJson('/ops/api/replay', { status: 'dead', dryRun })).status, JSON.stringify(dryRun)).toBe(400);
    expect((await eventOf(DEAD_ID)).status).toBe('dead');
  });

  it('bounds a step and its request body', async () => {
    for (const limit of [101, [5], ' 5'])
      expect((await postJson('/ops/api/replay', { status: 'dead', limit })).status, String(limit)).toBe(400);
    expect((await postJson('/ops/api/replay', { status: 'dead', q: 'x'.repeat(5_000) })).status).toBe(413);
  });
});

describe('GET /ops/api/stats', () => {
  it('gives counts, hours, the oldest unfinished event and the backlog of both queues', async () => {
    const stats = await json<Record<string, unknown>>(ask('/ops/api/stats'));
    expect(stats).toMatchObject({
      byStatus: { dead: 1, quarantined: 2, retrying: 1 },
      oldestUnfinished: { id: RETRYING_ID, endpoint: 'default', status: 'retrying' },
      backlog: { events: expect.any(Number), deadLetters: expect.any(Number) },
    });
    expect(stats.perHour).toHaveLength(48);
  });

  for (const [what, queue] of [
    ['cannot count', { metrics: () => Promise.reject(new Error('no')) }],
    ['has no metrics', {}],
    ['hangs', { metrics: () => new Promise(() => {}) }],
  ] as const) {
    it(`answers without the backlog where the queue ${what}`, async () => {
      vi.spyOn(console, 'warn').mockImplementation(() => {});
      const answer = await json(ask('/ops/api/stats', { env: { EVENTS: queue } as never }));
      expect(answer).toMatchObject({ backlog: { events: null, deadLetters: 0 }, byStatus: { dead: 1 } });
    });
  }

  it('answers 503 without details while the ledger is down', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const LEDGER = { getByName: () => ({ stats: () => Promise.reject(new Error('secret detail')) }) };
    const answer = await ask('/ops/api/stats', { env: { ...env, LEDGER } as never });
    expect([answer.status, await answer.json()]).toEqual([503, { error: 'Temporarily unavailable' }]);
  });
});
