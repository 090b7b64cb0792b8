// The Worker as it is, but ledger and patrol can be filled with a past: for browser and benchmark.
import { EventLedger as RealLedger } from '../../../src/ledger/event-ledger.ts';
import { Store } from '../../../src/ledger/store.ts';
import { Writer } from '../../../src/ledger/writer.ts';
import { Patrol as RealPatrol } from '../../../src/patrol/patrol.ts';
import { seed } from '../bench/seed.ts';
import { fillMixedHour, Story } from './mixed-hour.ts';
import { type Mood, patrolMemory } from './patrolled.ts';

export { default } from '../../../src/index.ts';

export class EventLedger extends RealLedger {
  fill(): void {
    const { storage } = this.ctx;
    fillMixedHour(storage.sql, (work) => storage.transactionSync(work), Date.now());
  }

  /** Adds `count` of `total` events: see `seed.ts`. */
  seed(from: number, count: number, total: number, days: number): void {
    this.ctx.storage.transactionSync(() => seed(this.ctx.storage.sql, from, count, total, days, Date.now()));
  }

  /** Adds an event whose handler is running. */
  startOne(id: string): void {
    const { storage } = this.ctx;
    const story = new Story(new Writer(new Store(storage.sql), (work) => storage.transactionSync(work)));
    story.start(story.event('outbid', Date.now(), id), Date.now());
  }

  /** Adds an event that its handler has failed for good. */
  addDead(id: string, type: string, data: Record<string, unknown>, error: string): void {
    const { storage } = this.ctx;
    const story = new Story(new Writer(new Store(storage.sql), (work) => storage.transactionSync(work)));
    const created = '2026-03-02T04:05:06.000Z';
    const event = { id, type, endpoint: 'default', dialect: 'notification', created, data } as const;
    story.fail(event, Date.now() - 60_000, [0], error, 'dead');
  }
}

export class Patrol extends RealPatrol {
  fill(mood: Mood): void {
    const { kv } = this.ctx.storage;
    const { picture, conditions, failed, heardAt } = patrolMemory(mood, Date.now());
    for (const [name] of [...kv.list()]) kv.delete(name);
    kv.put('state', { picture, failed, heardAt });
    for (const condition of conditions) kv.put(`condition ${condition.created} ${condition.id}`, condition);
  }

  /** Asks nobody: what it was filled with is all that it knows. */
  override async alarm(): Promise<void> {}
}
