// Every rule of the ledger in every situation. The tables are the contract: one line per row, one
// column per asker.
import { describe, expect, test } from 'vitest';
import { type Claimant, type RowState, type Status, statuses } from '../../../src/ledger/status.ts';
import { decideBury, decideClaim, decideReopen, decideSettle, decideWatch } from '../../../src/ledger/transitions.ts';
import { MAX_RETRIES, MAX_STARTS } from '../../../src/limits.ts';

const NOW = 1_000_000;
const LEASES = { 'lease alive': NOW + 1, 'lease over': NOW } as const;
const OUTCOMES = ['processed', 'retrying', 'dead'] as const;

/** Who may ask about a row that message `m1` holds by claim `c1`. */
const ASKERS = {
  'same claim': { messageId: 'm1', claim: 'c1' },
  'holder again': { messageId: 'm1', claim: 'c2' },
  'copy in batch': { messageId: 'm2', claim: 'c1' },
  another: { messageId: 'm2', claim: 'c2' },
} as const satisfies Record<string, Claimant>;

type Asker = keyof typeof ASKERS;
type RowName = 'absent' | `${Status}, ${keyof typeof LEASES}`;
type Table<Column extends string> = Record<RowName, Record<Column, string>>;

const askers = Object.keys(ASKERS) as Asker[];
const rowNames: readonly RowName[] = [
  'absent',
  ...statuses.flatMap((status) => [`${status}, lease alive`, `${status}, lease over`] as const),
];

function rowOf(name: RowName, attempts = 1): RowState | undefined {
  if (name === 'absent') return undefined;
  const [status, lease] = name.split(', ') as [Status, keyof typeof LEASES];
  return { status, run: 1, holder: 'm1', claim: 'c1', leaseUntil: LEASES[lease], attempts };
}

/**
 * Reads a table as it is written below. Lines may leave out the lease where it makes no difference.
 */
function table<Column extends string>(columns: readonly Column[], text: string): Table<Column> {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const written = new Map(lines.map(([name = '', ...cells]) => [name, cells]));
  const read = rowNames.map((name) => {
    const cells = written.get(name) ?? written.get(name.replace(/, lease .*/, ''));
    if (cells?.length !== columns.length) throw new Error(`the table does not say enough about: ${name}`);
    return [name, Object.fromEntries(columns.map((column, index) => [column, cells[index]]))];
  });
  const known = new Set<string>([...rowNames, ...statuses]);
  for (const name of written.keys()) if (!known.has(name)) throw new Error(`the table has a line too many: ${name}`);
  return Object.fromEntries(read) as Table<Column>;
}

/** The same table, filled in by the code. */
function decide<Column extends string>(
  columns: readonly Column[],
  rule: (row: RowState | undefined, column: Column, name: RowName) => string,
): Table<Column> {
  const lines = rowNames.map((name) => [
    name,
    Object.fromEntries(columns.map((column) => [column, rule(rowOf(name), column, name)])),
  ]);
  return Object.fromEntries(lines) as Table<Column>;
}

test('the tables speak of every status, with its lease alive and over, and of no row at all', () => {
  expect(new Set(rowNames)).toHaveLength(1 + 6 * 2);
  expect(() => table(['any'], 'absent | yes')).toThrow('does not say enough');
  expect(() => table(['any'], [...statuses, 'absent', 'lost'].map((name) => `${name} | x`).join('\n'))).toThrow(
    'too many',
  );
});

describe('a claim', () => {
  /** Of rows that have been started this often. */
  const claim = (attempts: number) =>
    decide(askers, (_, asker, name) => {
      const row = rowOf(name, attempts);
      const decision = decideClaim(row, ASKERS[asker], NOW);
      if (decision.kind === 'busy') return decision.until === row?.leaseUntil ? 'busy until lease' : 'busy';
      if (decision.kind === 'dead') return decision.again ? 'dead, again' : 'dead';
      return decision.kind === 'run' && decision.lost ? 'run, one lost' : decision.kind;
    });

  test('is answered as the table of custody says', () => {
    const expected = table(
      askers,
      //                     same claim | holder again     | copy in batch | another
      `absent                | run      | run              | run           | run
       quarantined           | run      | run              | run           | run
       queued                | run      | run              | run           | run
       processing, lease alive | run    | busy until lease | duplicate     | duplicate
       processing, lease over  | run    | run, one lost    | run, one lost | run, one lost
       retrying              | run      | run              | duplicate     | duplicate
       processed             | duplicate | duplicate       | duplicate     | duplicate
       dead                  | duplicate | duplicate       | duplicate     | duplicate`,
    );
    expect(claim(MAX_STARTS - 1)).toEqual(expected);
  });

  test('of an event that has been started as often as it may be gives it up, where nobody can be running it', () => {
    const expected = table(
      askers,
      //                     same claim | holder again     | copy in batch | another
      `absent                | run      | run              | run           | run
       quarantined           | run      | run              | run           | run
       queued                | dead     | dead             | dead          | dead
       processing, lease alive | run    | busy until lease | duplicate     | duplicate
       processing, lease over  | run    | dead             | dead          | dead
       retrying              | dead     | dead             | duplicate     | duplicate
       processed             | duplicate | duplicate       | duplicate     | duplicate
       dead                  | dead, again | duplicate     | duplicate     | duplicate`,
    );
    expect(claim(MAX_STARTS)).toEqual(expected);
  });
});

describe('a report', () => {
  const settle = (outcome: (typeof OUTCOMES)[number], run: number) =>
    decide(askers, (row, asker) => {
      const decision = decideSettle(row, { ...ASKERS[asker], run }, outcome);
      return decision.kind === 'record' ? `record ${outcome}` : decision.kind;
    });

  test('of success is recorded whoever brings it, once', () => {
    const expected = table(
      askers,
      //             same claim       | holder again     | copy in batch    | another
      `absent      | stale            | stale            | stale            | stale
       quarantined | record processed | record processed | record processed | record processed
       queued      | record processed | record processed | record processed | record processed
       processing  | record processed | record processed | record processed | record processed
       retrying    | record processed | record processed | record processed | record processed
       processed   | known            | stale            | known            | stale
       dead        | record processed | record processed | record processed | record processed`,
    );
    expect(settle('processed', 1)).toEqual(expected);
  });

  test('of a failure that will be retried counts only from the claim that holds the row', () => {
    const expected = table(
      askers,
      //             same claim      | holder again | copy in batch | another
      `absent      | stale           | stale | stale | stale
       quarantined | stale           | stale | stale | stale
       queued      | stale           | stale | stale | stale
       processing  | record retrying | stale | stale | stale
       retrying    | known           | stale | stale | stale
       processed   | stale           | stale | stale | stale
       dead        | stale           | stale | stale | stale`,
    );
    expect(settle('retrying', 1)).toEqual(expected);
  });

  test('of a final failure counts only from the claim that holds the row', () => {
    const expected = table(
      askers,
      //             same claim  | holder again | copy in batch | another
      `absent      | stale       | stale | stale | stale
       quarantined | stale       | stale | stale | stale
       queued      | stale       | stale | stale | stale
       processing  | record dead | stale | stale | stale
       retrying    | stale       | stale | stale | stale
       processed   | stale       | stale | stale | stale
       dead        | known       | stale | stale | stale`,
    );
    expect(settle('dead', 1)).toEqual(expected);
  });

  test.each(OUTCOMES)('%s about an earlier or later run than the row is in changes nothing', (outcome) => {
    const stale = decide(askers, () => 'stale');
    for (const run of [0, 2]) expect(settle(outcome, run)).toEqual(stale);
  });
});

test('an exhausted message buries its event only where it has custody and a handler has run', () => {
  const columns = ['holder', 'holder, granted too often', 'another'] as const;
  const expected = table(
    columns,
    //                          holder           | granted too often | another
    `absent                   | requeue          | requeue           | requeue
     quarantined              | requeue          | requeue           | requeue
     queued                   | requeue          | requeue           | requeue
     processing, lease alive  | busy until lease | busy until lease  | drop
     processing, lease over   | requeue          | dead              | drop
     retrying                 | dead             | dead              | drop
     processed                | drop             | drop              | drop
     dead                     | drop             | drop              | drop`,
  );
  const actual = decide(columns, (_, column, name) => {
    const row = rowOf(name, column === 'holder' ? MAX_RETRIES : MAX_RETRIES + 1);
    const decision = decideBury(row, column === 'another' ? 'm2' : 'm1', NOW);
    if (decision.kind === 'busy') return decision.until === row?.leaseUntil ? 'busy until lease' : 'busy';
    return decision.kind;
  });
  expect(actual).toEqual(expected);
});

test('an event is opened for a replay unless it is running, under way or no event', () => {
  const expected = table(
    ['with envelope', 'without'],
    //                         with envelope   | without
    `absent                  | unknown_event   | unknown_event
     quarantined             | reopen          | not_an_event
     queued                  | already_queued  | not_an_event
     processing, lease alive | being_processed | not_an_event
     processing, lease over  | reopen          | not_an_event
     retrying                | reopen          | not_an_event
     processed               | reopen          | not_an_event
     dead                    | reopen          | not_an_event`,
  );
  const actual = decide(['with envelope', 'without'], (row, column) => {
    const decision = decideReopen(row, column === 'with envelope', NOW);
    return decision.kind === 'refuse' ? decision.reason : decision.kind;
  });
  expect(actual).toEqual(expected);
});

test('the watchdog sends again what waits for a message, or for a consumer that is gone', () => {
  const expected = table(
    ['watchdog'],
    `absent                  | no row
     quarantined             | leave
     queued                  | resend
     processing, lease alive | leave
     processing, lease over  | resend
     retrying                | resend
     processed               | leave
     dead                    | leave`,
  );
  expect(decide(['watchdog'], (row) => (row ? decideWatch(row, NOW) : 'no row'))).toEqual(expected);
});
