// The Worker as it is, but its ledger can be filled with a past: for browser and benchmark.
import { EventLedger as RealLedger } from '../../../src/ledger/event-ledger.ts';
import { Store } from '../../../src/ledger/store.ts';
import { Writer } from '../../../src/ledger/writer.ts';
import { seed } from '../bench/seed.ts';
import { fillMixedHour, Story } from './mixed-hour.ts';

export { default, Patrol } from '../../../src/index.ts';

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
