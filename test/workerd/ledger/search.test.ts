// A search of texts looks through the newest events, in number and in size: while it looks, nothing
// is claimed.
import { runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { findPlaces } from '../../../src/ledger/search.ts';
import { SEARCH_BYTES } from '../../../src/limits.ts';
import { newLedger } from './fixtures.ts';

test('texts of the newest 20 MB are searched, and no more; ids in all of them', async () => {
  const size = 60_000;
  const within = Math.floor(SEARCH_BYTES / size) - 1;
  await runInDurableObject(newLedger(), (_, { storage }) => {
    const filler = 'x'.repeat(size - 20);
    const count = within + 200;
    for (let seq = 1; seq <= count; seq += 1) {
      const event = `needle-${String(seq).padStart(6, '0')} ${filler}`;
      storage.sql.exec(
        'INSERT INTO deliveries (seq, id, received_at, event) VALUES (?, ?, 0, ?)',
        seq,
        `id-${seq}`,
        event,
      );
      storage.sql.exec(
        `INSERT INTO events (id, seq, status, run, lease_until, attempts, type, endpoint, received_at, updated_at,
           tries, steps) VALUES (?, ?, 'processed', 1, 0, 1, 't', 'default', 0, 0, '[]', '[]')`,
        `id-${seq}`,
        seq,
      );
    }
    const find = (q: string) => findPlaces(storage.sql, q, Number.MAX_SAFE_INTEGER);
    const found = find('needle-');
    expect(found.length).toBeGreaterThan(within - 5);
    expect(found.length).toBeLessThanOrEqual(within + 2);
    expect(found[0]).toBe(count);
    expect(find('id-1')).toContain(1);
  });
}, 60_000);
