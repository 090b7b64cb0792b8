// The arithmetic of a bill, and counts that follow from the code by hand.
import { describe, expect, it } from 'vitest';
import { startRuntime } from '../platform/runtime.ts';
import { billOf, dollarsByVolume, invocationLines, monthlyDollars, queueUnits } from './bill.ts';
import { drive, type Mix } from './drive.ts';
import { drivePatrol } from './patrol-day.ts';
import { type Counts, resources } from './prices.ts';
import { tableOf } from './table.ts';

const PLAIN: Mix = { events: 100, duplicates: 0, forgeries: 0, retries: 0, batch: 10, withoutKv: false, chats: false };

async function counted(changes: Partial<Mix>) {
  const runtime = startRuntime();
  return drive(runtime, { ...PLAIN, ...changes }).finally(() => runtime.restore());
}

describe('a day of events that succeed at once', () => {
  it('costs a request, a KV read and write, three queue operations, two lines, two calls a batch', async () => {
    const counts = await counted({});
    const { workerRequests, kvReads, kvWrites, queueOperations, logLines } = counts;
    expect({ workerRequests, kvReads, kvWrites, queueOperations, logLines }).toEqual({
      workerRequests: 110,
      kvReads: 100,
      kvWrites: 100,
      queueOperations: 300,
      // One where it is accepted, one where it has been processed; and one when the day expires.
      logLines: 201,
    });
    // Three rows on the way in, two when they expire; calls and rows of the watchdog come on top.
    expect(counts.objectRequests).toBeGreaterThanOrEqual(20);
    expect(counts.rowsWritten).toBeGreaterThanOrEqual(100 * (3 + 2));
  });
});

describe('what comes on top', () => {
  it.each([
    [
      'a copy costs a request and a KV read',
      { duplicates: 0.5 },
      { workerRequests: 50, kvReads: 50, queueOperations: 0 },
    ],
    [
      'telling a chat costs two calls of the ledger',
      { chats: true },
      { workerRequests: 0, kvReads: 0, queueOperations: 0, objectRequests: 200 },
    ],
    ['a forgery costs a request', { forgeries: 0.5 }, { workerRequests: 50, kvReads: 0, queueOperations: 0 }],
    [
      'a retry costs a queue read and its share of a batch',
      { retries: 0.5 },
      { workerRequests: 10, kvReads: 0, queueOperations: 50 },
    ],
  ])('%s', async (_, changes, more) => {
    const [plain, mixed] = [await counted({}), await counted(changes)];
    const [difference] = [Object.keys(more) as (keyof typeof more)[]].map((names) =>
      Object.fromEntries(names.map((name) => [name, mixed[name] - plain[name]])),
    );
    expect(difference).toEqual(more);
    expect(mixed.kvWrites).toBe(plain.kvWrites);
  });
});

describe('a bill', () => {
  const counts = {
    workerRequests: 10,
    kvReads: 0,
    kvWrites: 10,
    queueOperations: 30,
    objectRequests: 2,
    rowsWritten: 30,
    logLines: 20,
  };
  const nothing = Object.fromEntries(resources.map((resource) => [resource, 0])) as Counts;

  it('adds up price times use per event', () => {
    expect(billOf(counts, 10).dollarsPerMillionEvents).toBeCloseTo(0.3 + 5 + 3 * 0.4 + 0.2 * 0.15 + 3 + 2 * 0.6);
  });

  it('names what stops the Free plan first, which KV never does', () => {
    expect(billOf(counts, 10).firstToStop).toEqual({ resource: 'queueOperations', eventsPerDay: 3_333 });
  });

  it('lets the Free plan carry fewer events once KV no longer filters their copies', () => {
    const withoutKv = { ...counts, queueOperations: 60, kvWrites: 0 };
    // A thousand events at three operations, the others at six.
    expect(billOf(counts, 10, withoutKv).firstToStop).toEqual({ resource: 'queueOperations', eventsPerDay: 2_166 });
  });

  it('shows a dash for the free events where a resource is not used', () => {
    const lines = tableOf(billOf({ ...counts, kvWrites: 0 }, 10)).split('\n');
    const unused = lines
      .filter((line) => line.startsWith('| KV'))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    expect(unused).toEqual([
      ['', 'KV reads', '0.000', '0.00', '–', ''],
      ['', 'KV writes', '0.000', '0.00', '–', ''],
    ]);
  });

  it('costs the subscription alone while nothing exceeds what it includes', () => {
    expect(monthlyDollars(counts)).toBe(5);
    // 30 days, a million a day of each; the included 20 million lines are the example of the docs.
    const lines = { ...nothing, logLines: 1e6 };
    expect(monthlyDollars(lines)).toBeCloseTo(5 + 10 * 0.6);
  });

  it('counts an invocation log for each request to the Worker and to the object', () => {
    expect(invocationLines(counts)).toBe(12);
  });

  it('prices logs by what is taken in and by what is kept for seven days', () => {
    // Half a million lines of 1,000 bytes, and as much again that the platform adds: a gigabyte.
    expect(dollarsByVolume(500_000, 5e8)).toBeCloseTo(0.25 + (0.1 * 7) / 30);
  });

  it.each([
    [63_900, 1],
    [63_901, 2],
    [127_900, 2],
  ])('counts a message of %d bytes as %d', (size, units) => {
    expect(queueUnits('x'.repeat(size))).toBe(units);
  });
});

describe('a quiet day of patrol', () => {
  const day = async (instances: number) => {
    const runtime = startRuntime();
    return drivePatrol(runtime, instances).finally(() => runtime.restore());
  };

  it('is a look every five minutes: a call for each page, a second between two, an alarm, a picture', async () => {
    // An alarm and a picture each time.
    const expected = { looks: 288, calls: 288 * 2, objectRequests: 288, rowsWritten: 288 * 2 };
    expect(await day(26)).toEqual({ ...expected, seconds: Math.round(288 * 1.1) });
  });
});
