// Fills a ledger's tables with rows as they would be after weeks of traffic. Straight SQL: a
// hundred thousand claims would take minutes.
import { notificationGroups } from '../../../src/event/catalogue.ts';
import { sampleOf } from '../../../src/event/samples.ts';
import type { Sql } from '../../../src/ledger/sql.ts';
import type { Status } from '../../../src/ledger/status.ts';

const HOUR_MS = 3_600_000;

const types = Object.values(notificationGroups).flatMap((group) => Object.keys(group));

/**
 * Of a thousand events: 985 processed, 8 dead, 4 quarantined, 3 retrying. Unfinished ones are
 * recent.
 */
function statusOf(index: number, age: number): Status {
  const share = (index * 7919) % 1000;
  if (share < 8) return 'dead';
  if (share < 12) return 'quarantined';
  return share < 30 && age < 2 * HOUR_MS ? 'retrying' : 'processed';
}

/**
 * Adds `count` events, the last one received at `now`, evenly over `days`.
 *
 * @param from Number of the first event: a ledger is filled in several calls, each bounded in
 * memory.
 * @param total How many events all the calls add together.
 */
export function seed(sql: Sql, from: number, count: number, total: number, days: number, now: number): void {
  for (let index = from; index < from + count; index += 1) {
    const age = Math.floor(((total - 1 - index) / total) * days * 24 * HOUR_MS);
    const receivedAt = now - age;
    const status = statusOf(index, age);
    const type = index % 1000 === 500 ? 'a_rare_type' : (types[index % types.length] ?? '');
    const id = idOf(index);
    const {
      event_id: _id,
      notif_type: _type,
      timestamp: _time,
      ...data
    } = JSON.parse(sampleOf(type, { id, now: receivedAt }).body) as Record<string, unknown>;
    const endpoint = index % 10 === 0 ? 'host' : 'default';
    const created = new Date(receivedAt).toISOString();
    const event = JSON.stringify({ id, type, endpoint, dialect: 'notification', created, data });
    sql.exec(
      'INSERT INTO deliveries (id, endpoint, received_at, event) VALUES (?, ?, ?, ?)',
      id,
      endpoint,
      receivedAt,
      event,
    );
    sql.exec(
      `INSERT INTO events (id, seq, status, run, holder, claim, lease_until, due_at, attempts, type, endpoint,
         received_at, updated_at, tries, steps)
       VALUES (?, (SELECT max(seq) FROM deliveries), ?, 1, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, '[]')`,
      id,
      status,
      crypto.randomUUID().replaceAll('-', ''),
      crypto.randomUUID(),
      receivedAt + 120_000,
      status === 'retrying' ? now + 1_860_000 : null,
      type,
      endpoint,
      receivedAt,
      receivedAt + 3_000,
      triesOf(status, receivedAt),
    );
  }
  sql.exec(`INSERT OR REPLACE INTO marks VALUES ('swept_seq', (SELECT max(seq) FROM deliveries))`);
}

/** Thirty-two hex digits in no order, as the provider's ids are. */
export function idOf(index: number): string {
  const digits = ((index + 1) * 2_654_435_761) % 4_294_967_296;
  return digits.toString(16).padStart(8, '0') + index.toString(16).padStart(24, '0');
}

function triesOf(status: Status, at: number): string {
  const failed = { at: at + 2_000, ms: 240, outcome: 'failed', error: 'TypeError: fetch failed' };
  switch (status) {
    case 'processed':
      return JSON.stringify([{ at: at + 2_000, ms: 180, outcome: 'succeeded' }]);
    case 'dead':
      return JSON.stringify(Array.from({ length: 11 }, () => failed));
    case 'retrying':
      return JSON.stringify([failed, failed]);
    case 'processing':
    case 'queued':
    case 'quarantined':
      return '[]';
  }
}
