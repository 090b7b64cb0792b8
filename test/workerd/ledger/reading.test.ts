import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { openLedger } from '../../../src/ledger/client.ts';
import type { EventLedger } from '../../../src/ledger/event-ledger.ts';
import type { Status } from '../../../src/ledger/status.ts';
import { RETENTION_MS } from '../../../src/limits.ts';
import { seed } from '../bench/seed.ts';
import { inLedger } from '../ops/fill.ts';
import { DEAD_ID, fillMixedHour, LATE_ID, RETRYING_ID, RETRYING_MESSAGE, UNREADABLE_ID } from '../ops/mixed-hour.ts';

const HOUR_MS = 3_600_000;

beforeEach(() => reset());

/** Counts row by row: slow, and without a thought. */
function countRows() {
  return inLedger(({ sql }) =>
    sql
      .exec<{ type: string; status: Status; count: number }>(
        'SELECT type, status, count(*) AS count FROM events GROUP BY 1, 2 ORDER BY 3 DESC, 1',
      )
      .toArray(),
  );
}

const sorted = (groups: readonly { type: string; status: Status; count: number }[]) =>
  groups.map(({ type, status, count }) => `${type} ${status} ${count}`).sort();

describe('stats', () => {
  it('are all zero for an empty ledger', async () => {
    const stats = await openLedger(env).stats();
    expect(stats.total).toBe(0);
    expect(stats.perHour).toHaveLength(48);
    expect([stats.lastReceivedAt, stats.oldestUnfinished]).toEqual([null, null]);
  });

  it('count every event once, by type and status', async () => {
    await inLedger(({ sql, transaction }) => fillMixedHour(sql, transaction, Date.now()));
    const stats = await openLedger(env).stats();
    expect(sorted(stats.byType)).toEqual(sorted(await countRows()));
    expect(stats.byStatus).toMatchObject({ dead: 1, quarantined: 2, retrying: 1, processing: 0 });
    expect(stats.perHour.reduce((sum, hour) => sum + hour.byStatus.processed, 0)).toBe(stats.byStatus.processed);
  });

  it('stay right while events arrive, fail, are replayed and succeed between two looks', async () => {
    const now = Date.now();
    const random = sequence(42);
    const known: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      await inLedger(({ story, ledger }) => {
        for (let step = 0; step < 25; step += 1) {
          const at = now - Math.floor(random() * 60) * HOUR_MS;
          const event = story.event(random() < 0.5 ? 'outbid' : 'low_credit', at);
          const chance = random();
          if (chance < 0.5) story.succeed(event, now);
          else if (chance < 0.6) story.fail(event, now, [0], 'Error: no', 'dead');
          else if (chance < 0.7) story.fail(event, now, [0], 'Error: no', 'retrying', now + 60_000);
          else if (chance < 0.8) story.quarantine(event, 'timestamp_stale', now);
          else story.start(event, now);
          known.push(event.id);
          if (random() < 0.3)
            ledger.reopen({ endpoint: 'default', id: known[Math.floor(random() * known.length)] ?? '' }, now);
        }
      });
      const stats = await openLedger(env).stats();
      expect(sorted(stats.byType), `round ${round}`).toEqual(sorted(await countRows()));
    }
  });

  it('count thousands that arrived since the last look, and those that arrive meanwhile', async () => {
    await openLedger(env).stats();
    const now = Date.now();
    const seedRows = (from: number) => inLedger(({ sql }) => seed(sql, from, 25_000, 50_000, 20, now));
    await seedRows(0);
    const [stats] = await Promise.all([openLedger(env).stats(), seedRows(25_000)]);
    expect(stats.total === 25_000 || stats.total === 50_000).toBe(true);
    expect(sorted((await openLedger(env).stats()).byType)).toEqual(sorted(await countRows()));
  });

  it('count a first try before and after the watchdog has met it', async () => {
    const now = Date.now();
    await inLedger(({ story }) => story.start(story.event('outbid', now, 'held'), now));
    expect((await openLedger(env).stats()).byStatus.processing).toBe(1);
    await inLedger(({ sql }) => {
      sql.exec(`UPDATE events SET due_at = ? WHERE id = 'held'`, now + 60_000);
      sql.exec(`INSERT OR REPLACE INTO marks VALUES ('swept_seq', 1)`);
    });
    const stats = await openLedger(env).stats();
    expect(stats.byStatus).toMatchObject({ processing: 1, processed: 0 });
    expect(stats.oldestUnfinished).toMatchObject({ id: 'held', status: 'processing' });
  });

  it('count what arrives in the places of deleted events', async () => {
    const before = Date.now() - RETENTION_MS - 2 * 24 * HOUR_MS;
    const arrive = (count: number, at: number) =>
      inLedger(({ story }) => {
        for (let index = 0; index < count; index += 1) story.succeed(story.event('outbid', at), at);
      });
    await arrive(150, before);
    expect((await openLedger(env).stats()).total).toBe(0);
    await runInDurableObject<EventLedger, void>(env.LEDGER.getByName('events'), (object) => object.alarm());
    await evictDurableObject(env.LEDGER.getByName('events'));
    await arrive(120, Date.now());
    expect((await openLedger(env).stats()).total).toBe(120);
  });

  it('are the same after the object has started again', async () => {
    await inLedger(({ sql, transaction }) => fillMixedHour(sql, transaction, Date.now()));
    const stats = await openLedger(env).stats();
    await evictDurableObject(env.LEDGER.getByName('events'));
    expect(await openLedger(env).stats()).toEqual(stats);
  });

  it('name the event that has waited longest, whatever came to the ledger first', async () => {
    const now = Date.now();
    await inLedger(({ story }) => {
      const fail = (id: string, at: number) =>
        story.fail(story.event('outbid', at, id), at, [0], 'Error: no', 'retrying', now + 60_000);
      fail('newer', now - HOUR_MS);
      fail('oldest', now - 3 * HOUR_MS);
      story.start(story.event('outbid', now, 'held'), now - 2 * HOUR_MS);
    });
    expect((await openLedger(env).stats()).oldestUnfinished).toEqual({
      id: 'oldest',
      endpoint: 'default',
      status: 'retrying',
      receivedAt: now - 3 * HOUR_MS,
    });
  });

  it('name the latest delivery, though a dead letter of hours ago reached the ledger after it', async () => {
    const now = Date.now();
    await inLedger(({ story }) => {
      story.succeed(story.event('outbid', now), now - 1_000);
      story.quarantine(story.event('outbid', now), 'timestamp_stale', now - 5 * HOUR_MS);
    });
    expect((await openLedger(env).stats()).lastReceivedAt).toBe(now - 1_000);
  });
});

describe('a list', () => {
  const ids = async (filter: object, cursor: number | null = null, limit = 50) =>
    (await openLedger(env).list(filter, cursor, limit)).events.map((event) => event.id);

  beforeEach(() =>
    inLedger(({ sql, transaction, story }) => {
      const now = Date.now();
      fillMixedHour(sql, transaction, now);
      story.start(story.event('idle_gpu', now, 'held'), now);
      story.succeed(story.event('outbid', now, '100%_sure'), now);
      story.succeed(story.event('outbid', now, "it's"), now);
    }),
  );

  it('gives every event of a status, and no other', async () => {
    expect(await ids({ status: 'dead' })).toEqual([DEAD_ID]);
    expect(await ids({ status: 'retrying' })).toEqual([RETRYING_ID]);
    expect(await ids({ status: 'quarantined' })).toEqual([LATE_ID, UNREADABLE_ID]);
    expect(await ids({ status: 'processing' })).toEqual(['held']);
    expect(await ids({ status: 'queued' })).toEqual([]);
  });

  it('says why a delivery is quarantined', async () => {
    const page = await openLedger(env).list({ status: 'quarantined' }, null, 10);
    expect(page.events.map((event) => event.refusalReason)).toEqual(['timestamp_stale', 'body_not_utf8']);
  });

  it('combines filters', async () => {
    expect(await ids({ status: 'dead', type: 'outbid' })).toEqual([DEAD_ID]);
    expect(await ids({ status: 'dead', type: 'idle_gpu' })).toEqual([]);
    expect(await ids({ endpoint: 'host' })).toEqual([]);
    expect(await ids({ q: 'Slack answered 404', status: 'retrying' })).toEqual([]);
  });

  it('finds an event by the beginning of its id, by its text and by its error', async () => {
    expect(await ids({ q: DEAD_ID })).toEqual([DEAD_ID]);
    expect(await ids({ q: DEAD_ID.slice(0, 8) })).toEqual([DEAD_ID]);
    expect(await ids({ q: 'the machine cannot be reached' })).toEqual([RETRYING_ID]);
    expect(await ids({ q: 'no_service' })).toEqual([DEAD_ID]);
    expect(await ids({ q: 'sha256:' })).toEqual([UNREADABLE_ID]);
    expect(await ids({ q: 'SLACK ANSWERED 404' })).toEqual([DEAD_ID]);
    expect(await ids({ q: RETRYING_MESSAGE })).toEqual([RETRYING_ID]);
  });

  it('takes wildcards and quotes of SQL for what they are', async () => {
    expect(await ids({ q: '100%_' })).toEqual(['100%_sure']);
    expect(await ids({ q: '%%%' })).toEqual([]);
    expect(await ids({ q: '____________' })).toEqual([]);
    expect(await ids({ q: "it's" })).toEqual(["it's"]);
    expect(await ids({ q: "' OR 1=1 --" })).toEqual([]);
    expect(await ids({ type: "outbid' OR '1'='1" })).toEqual([]);
    expect(await ids({ endpoint: "x'; DELETE FROM events; --" })).toEqual([]);
  });

  it('gives what may need a person, whatever its status, the latest first', async () => {
    expect(await ids({ status: 'attention' })).toEqual([RETRYING_ID, LATE_ID, DEAD_ID, UNREADABLE_ID]);
    expect(await ids({ status: 'attention', type: 'outbid' })).toEqual([DEAD_ID]);
    expect(await ids({ status: 'attention', q: 'Slack answered' })).toEqual([RETRYING_ID, DEAD_ID]);
    // Among many that were processed.
    expect(await ids({ status: 'attention', q: 'outbid' })).toEqual([DEAD_ID]);
    expect(await ids({ status: 'attention' }, null, 2)).toEqual([RETRYING_ID, LATE_ID]);
  });

  it('says what each event is about, and nothing of a body that could not be read', async () => {
    const page = await openLedger(env).list({ status: 'attention' }, null, 10);
    expect(page.events.map(({ subject }) => subject)).toEqual([
      'Your Vast.ai Instance #48927380: instance offline',
      'Your Vast.ai Instance #48927380: upcoming downtime',
      'Your Interruptible Instance #48926820 Has Been Outbid',
      null,
    ]);
    const [resource] = (await openLedger(env).list({ type: 'resource.updated' }, null, 1)).events;
    expect(resource?.subject).toMatch(/^{"instance_id":4711/);
  });

  for (const filter of [
    {},
    { type: 'outbid' },
    { status: 'processed' },
    { q: 'Instance' },
    { from: '2020' },
  ] as const) {
    it(`pages through everything once, while events arrive: ${JSON.stringify(filter)}`, async () => {
      const everything = await ids(filter, null, 1_000);
      const seen: string[] = [];
      let cursor: number | null = null;
      do {
        const page: Awaited<ReturnType<ReturnType<typeof openLedger>['list']>> = await openLedger(env).list(
          filter,
          cursor,
          33,
        );
        seen.push(...page.events.map((event) => event.id));
        cursor = page.cursor;
        await inLedger(({ story }) => story.succeed(story.event('outbid', Date.now()), Date.now()));
      } while (cursor !== null);
      expect(everything.length).toBeGreaterThan(60);
      expect(seen).toEqual(everything);
    });
  }
});

describe('a list of a time', () => {
  const hour = (time: number) => new Date(Math.floor(time / HOUR_MS) * HOUR_MS).toISOString();

  it('has what the chart counts in each hour, and what falls on its bounds only once', async () => {
    const now = Date.now();
    await inLedger(({ sql, transaction }) => fillMixedHour(sql, transaction, now));
    const { perHour, total } = await openLedger(env).stats();
    expect((await openLedger(env).list({ from: hour(perHour[0]?.hour ?? 0) }, null, 1, 1_000)).matches).toBe(total);
    for (const { hour: start, byStatus } of perHour) {
      const page = await openLedger(env).list({ from: hour(start), to: hour(start + HOUR_MS) }, null, 1, 1_000);
      const count = Object.values(byStatus).reduce((sum, each) => sum + each, 0);
      expect([page.matches, page.more], hour(start)).toEqual([count, false]);
    }
  });

  it('finds what reached the ledger long after it was received, beside what is on time', async () => {
    const now = Date.now();
    await inLedger(({ story }) => {
      story.succeed(story.event('outbid', now, 'old'), now - 30 * HOUR_MS);
      story.succeed(story.event('outbid', now, 'new'), now);
      story.quarantine(story.event('outbid', now, 'late'), 'timestamp_stale', now - 30 * HOUR_MS);
    });
    const filter = { from: hour(now - 30 * HOUR_MS), to: hour(now - 29 * HOUR_MS) };
    for (const part of [filter, { ...filter, type: 'outbid' }, { ...filter, q: 'Outbid' }]) {
      const page = await openLedger(env).list(part, null, 10);
      expect(page.events.map(({ id }) => id)).toEqual(['late', 'old']);
    }
    expect((await openLedger(env).list({ ...filter, status: 'quarantined' }, null, 10)).matches).toBe(1);
    expect((await openLedger(env).list({ to: hour(now - 40 * HOUR_MS) }, null, 10)).events).toEqual([]);
  });
});

describe('what stands around an event', () => {
  it('is its neighbours by arrival, and the nearest others that mention its instance and no other number', async () => {
    const now = Date.now();
    await inLedger(({ story }) => {
      const about = (id: string, instance: number) =>
        story.succeed(story.event('instance_offline', now, id, `Your instance ${instance} is offline.`), now);
      const texts = (id: string, subject: string) => {
        const event = story.event('instance_offline', now, id, subject);
        story.succeed({ ...event, data: { subject, message: '', mentions: { instanceId: 12 } } }, now);
      };
      about('a', 12);
      about('b', 123);
      about('c', 12);
      texts('d', '"instanceId":12');
      about('e', 12);
    });
    await inLedger(({ sql }) => sql.exec(`UPDATE deliveries SET event = replace(event, '#48927380', '')`));
    await inLedger(({ sql }) =>
      sql.exec(`UPDATE deliveries SET event = json_set(event, '$.mentions.instanceId',
        CASE id WHEN 'b' THEN 123 WHEN 'd' THEN 7 ELSE 12 END)`),
    );
    const around = await openLedger(env).around('c', 'default');
    expect(around?.related.map(({ id }) => id)).toEqual(['e', 'a']);
    expect([around?.previous?.id, around?.next?.id]).toEqual(['b', 'd']);
    expect(await openLedger(env).around('a', 'default')).toMatchObject({ previous: null, next: { id: 'b' } });
    expect(await openLedger(env).around('nothing', 'default')).toBeNull();
  });
});

describe('totals', () => {
  const totals = async () => (await openLedger(env).stats()).totals;

  it('count each try once, however often somebody looks and the object starts again', async () => {
    const now = Date.now();
    await inLedger(({ story }) => {
      story.succeed(story.event('outbid', now), now);
      story.fail(story.event('outbid', now, 'again'), now, [0, 5_000], 'Error: no', 'retrying', now);
      story.fail(story.event('outbid', now, 'dead'), now, [0], 'Error: no', 'dead');
    });
    expect((await totals()).tries).toEqual({ succeeded: 1, failed: 3, lost: 0 });
    expect((await totals()).tries).toEqual({ succeeded: 1, failed: 3, lost: 0 });
    await evictDurableObject(env.LEDGER.getByName('events'));
    await inLedger(({ story }) => story.succeed(story.event('outbid', now, 'again'), now + 60_000));
    const { tries, durations } = await totals();
    expect(tries).toEqual({ succeeded: 2, failed: 3, lost: 0 });
    // 0.1 s to 0.25 s twice, 310 ms three times.
    expect(durations.counts).toEqual([0, 2, 3, 0, 0, 0, 0, 0, 0]);
    await runInDurableObject<EventLedger, void>(env.LEDGER.getByName('events'), (object) => object.alarm());
    await evictDurableObject(env.LEDGER.getByName('events'));
    expect((await totals()).tries).toEqual({ succeeded: 2, failed: 3, lost: 0 });
  });

  it('sort deliveries by their age, an event that was kept aside and then ran once', async () => {
    const now = Date.now();
    const event = { endpoint: 'default', id: 'late' };
    await inLedger(({ story }) => {
      story.succeed(story.event('outbid', now - 5_000), now);
      story.succeed(story.event('outbid', now + 60_000), now);
      story.quarantine(story.event('outbid', now - 2 * HOUR_MS, 'late'), 'timestamp_stale', now);
      story.quarantineBytes('sha256:1', new Uint8Array(1), now);
    });
    expect((await totals()).ages.counts).toEqual([1, 1, 0, 0, 0, 1, 0]);
    // A counter that falls after a restart is counted from nought by whoever collects it.
    await evictDurableObject(env.LEDGER.getByName('events'));
    await inLedger(({ ledger, story }) => {
      ledger.reopen(event, now);
      story.succeed(story.event('outbid', now - 2 * HOUR_MS, 'late'), now);
    });
    expect((await totals()).ages.counts).toEqual([1, 1, 0, 0, 0, 1, 0]);
  });

  it('count the copies that the ledger stopped, and keep what was told of them over a restart', async () => {
    const now = Date.now();
    await inLedger(({ story }) => story.succeed(story.event('outbid', now, 'a'), now));
    const { type, endpoint } = { type: 'outbid', endpoint: 'default' };
    const copy = { messageId: 'copy', id: 'a', type, endpoint, receivedAt: now, event: '{}' };
    expect(await openLedger(env).claim('c', [copy, { ...copy, messageId: 'copy-2' }])).toMatchObject([
      { kind: 'duplicate' },
      { kind: 'duplicate' },
    ]);
    expect((await totals()).duplicates).toBe(2);
    await evictDurableObject(env.LEDGER.getByName('events'));
    expect((await totals()).duplicates).toBe(2);
  });

  it('say why deliveries are kept aside', async () => {
    await inLedger(({ sql, transaction }) => fillMixedHour(sql, transaction, Date.now()));
    const { kept } = await openLedger(env).stats();
    expect(kept).toEqual(
      expect.arrayContaining([
        { reason: 'timestamp_stale', count: 1 },
        { reason: 'body_not_utf8', count: 1 },
      ]),
    );
    expect(kept).toHaveLength(2);
  });

  it('take no test of Vast.ai’s for the last event', async () => {
    const now = Date.now();
    await inLedger(({ story }) => {
      story.succeed(story.event('outbid', now), now - 5 * HOUR_MS);
      story.succeed(story.event('webhook_test', now), now);
    });
    expect((await openLedger(env).stats()).lastReceivedAt).toBe(now - 5 * HOUR_MS);
  });
});

/** Numbers from 0 up to 1, the same ones every time. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
