// Once each, through eightfold delivery and SIGKILLs of the whole local Worker, workerd and all.
// `KILLS=10 npx vitest run test/node/deployed/kill` kills it at random moments, too. That takes
// minutes, for what a dead consumer held is leased for two of them, and so is not in `npm test`.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LEASE_MS, LOCAL_SEEN_TTL_SECONDS, SETTLE_TOGETHER_MS } from '../../../src/limits.ts';
import { Choices } from '../../simulation/choices.ts';
import { startWorker, temporaryDirectory, WAIT } from './killable-worker.ts';

type Worker = Awaited<ReturnType<typeof startWorker>>;

const EVENTS = 60;
const COPIES = 8;
const events = Array.from({ length: EVENTS }, (_, index) => ({
  // In the order of byId.
  id: `kill-${String(index).padStart(2, '0')}`,
  // In most batches is one whose handler is slow.
  type: index % 5 === 4 ? 'resource.created' : 'outbid',
}));

test('processes each event once, though it comes eight times at once and again after a SIGKILL', async () => {
  const directory = temporaryDirectory();
  const onceEach = events.map(({ id }) => ({ id, status: 'processed', attempts: 1 }));

  const first = await startWorker(directory);
  const answers: unknown[] = [];
  for (const event of events) answers.push(...(await postCopies(first, event)));
  expect(answers).toEqual(Array(EVENTS * COPIES).fill(200));
  await settled(first, EVENTS * COPIES);
  // The tests' handlers, and not the user's.
  expect(first.logged('handler.ran').length).toBe(EVENTS);
  expect(processedBy(first)).toEqual(events.map(({ id }) => ({ id, attempt: 1 })));
  expect(await rowsOf(first)).toEqual(onceEach);

  await first.kill();

  const second = await startWorker(directory);
  expect(await Promise.all(events.map(({ id, type }) => second.post(id, type)))).toEqual(Array(EVENTS).fill(200));
  await settled(second, EVENTS);
  expect(processedBy(second)).toEqual([]);
  expect(await rowsOf(second)).toEqual(onceEach);
});

const KILLS = Number(process.env.KILLS ?? 0);
const SEED = Number(process.env.SEED ?? 1);
/** How long after the first delivery of its life a Worker may be killed, in milliseconds. */
const LONGEST_LIFE_MS = 6_000;
/** Longest that the ledger may take to note a report, in milliseconds. */
const NOTE_MS = 1_000;

/**
 * Between a handler's success and the ledger's note of it, in milliseconds: only a kill that falls
 * in there may repeat a success. Slow neighbours take longer.
 */
const MOMENT_MS = SETTLE_TOGETHER_MS + NOTE_MS;
/** More would wait for each other on a loaded machine until their time is up. */
const SENT_AT_ONCE = 6 * COPIES;
const SLOW_NEIGHBOUR_MS = 3 * MOMENT_MS;

test.runIf(KILLS > 0)(
  `no success is repeated but by a kill that fell into the moment, with ${KILLS} SIGKILLs at random moments`,
  async () => {
    const directory = temporaryDirectory();
    const choices = Choices.fromSeed(SEED);
    const successes = await recordSuccesses();
    const vars = { RECORDER: successes.url, SLOW_NEIGHBOUR_MS: String(SLOW_NEIGHBOUR_MS) };
    const start = () => startWorker(directory, join(import.meta.dirname, 'recording-handlers.ts'), vars);
    const killedAt: number[] = [];
    const unanswered = new Set<(worker: Worker) => Promise<void>>();
    for (let life = 0; life < KILLS; life += 1) {
      const worker = await start();
      for (const event of events.filter((_, index) => Math.floor((index * KILLS) / EVENTS) === life)) {
        for (let copy = 0; copy < COPIES; copy += 1) unanswered.add(untilAccepted(event.id, event.type));
      }
      const sending = sendAll(unanswered, worker);
      await pause(choices.below(LONGEST_LIFE_MS));
      await worker.kill();
      // Only now: a call that its handler has made may still be on its way.
      killedAt.push(Date.now());
      await sending;
    }

    const worker = await start();
    await vi.waitUntil(
      async () => {
        await sendAll(unanswered, worker);
        return unanswered.size === 0;
      },
      { ...WAIT, timeout: 3 * LEASE_MS },
    );
    await allProcessed(worker);

    const ran = events.map(({ id }) => ({ id, at: successes.of(id) }));
    const repeats = ran.flatMap(({ id, at }) =>
      at.slice(0, -1).map((success) => ({ id, killedAfterMs: killAfter(success, killedAt) })),
    );
    const [once, twice] = [0, 1].map((times) => ran.filter(({ at }) => at.length > times).length);
    console.log(
      `${EVENTS} ids × ${COPIES} copies, ${KILLS} SIGKILLs, seed ${SEED}: ` +
        `${once} succeeded, ${twice} of them more than once; ` +
        `the kill came ${repeats.map(({ killedAfterMs }) => killedAfterMs).join(', ') || '-'} ms after the success ` +
        `that was repeated, of ${MOMENT_MS} ms that count as the moment`,
    );
    expect(ran.filter(({ at }) => at.length === 0)).toEqual([]);
    expect(repeats.filter(({ killedAfterMs }) => killedAfterMs > MOMENT_MS)).toEqual([]);
    // Nor had the ledger noted a success that was repeated.
    const noted = await Promise.all(events.map(({ id }) => worker.triesOf(id)));
    expect(noted.map((tries) => tries.filter((outcome) => outcome === 'succeeded').length)).toEqual(
      events.map(() => 1),
    );
  },
  (KILLS + 1) * WAIT.timeout + 7 * LEASE_MS,
);

/** How soon after `success` the next kill came, in milliseconds. */
function killAfter(success: number, killedAt: readonly number[]): number {
  return (killedAt.find((at) => at >= success) ?? Number.POSITIVE_INFINITY) - success;
}

/** A copy that the provider sends until it is answered 200. */
function untilAccepted(id: string, type: string) {
  return async (worker: Worker) => {
    if ((await worker.post(id, type)) !== 200) throw new Error('not accepted');
  };
}

async function sendAll(unanswered: Set<(worker: Worker) => Promise<void>>, worker: Worker): Promise<void> {
  const send = (copy: (worker: Worker) => Promise<void>) =>
    copy(worker).then(
      () => unanswered.delete(copy),
      () => false,
    );
  const copies = [...unanswered];
  for (let start = 0; start < copies.length; start += SENT_AT_ONCE) {
    await Promise.all(copies.slice(start, start + SENT_AT_ONCE).map(send));
  }
}

/**
 * Sends what the ledger does not have, until it has processed all: the local queue dies with its
 * Worker, and KV says "duplicate" of what it has forgotten for as long as it remembers.
 */
async function allProcessed(worker: Worker): Promise<void> {
  let sentAt = 0;
  await vi.waitUntil(
    async () => {
      const rows = new Map((await rowsOf(worker)).map((row) => [row.id, row.status]));
      const unmet = events.filter(({ id }) => !rows.has(id));
      if (unmet.length > 0 && Date.now() - sentAt > LOCAL_SEEN_TTL_SECONDS * 250) {
        sentAt = Date.now();
        for (const { id, type } of unmet) await worker.post(id, type);
      }
      return events.every(({ id }) => rows.get(id) === 'processed');
    },
    { timeout: 3 * LEASE_MS, interval: 500 },
  );
}

/** A service that handlers call, and that outlives them: it notes when each has succeeded. */
async function recordSuccesses() {
  const at = new Map<string, number[]>();
  const server = createServer((request, response) => {
    const id = request.url?.slice(1) ?? '';
    at.set(id, [...(at.get(id) ?? []), Date.now()]);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, of: (id: string): readonly number[] => at.get(id) ?? [] };
}

function postCopies(worker: Worker, { id, type }: { id: string; type: string }): Promise<unknown[]> {
  return Promise.all(Array.from({ length: COPIES }, () => worker.post(id, type)));
}

/**
 * Waits until the log tells of so many deliveries, and of an end for every message that they put
 * into the queue.
 */
function settled(worker: Worker, sent: number): Promise<void> {
  return vi.waitFor(() => {
    const accepted = worker.logged('webhook.accepted').length;
    expect(accepted + worker.logged('webhook.duplicate').length, 'deliveries in the log').toBe(sent);
    expect(worker.logged('event.processed', 'event.duplicate').length, 'ended messages in the log').toBe(accepted);
  }, WAIT);
}

function processedBy(worker: Worker) {
  return worker
    .logged('event.processed')
    .map(({ id, attempt }) => ({ id, attempt }))
    .sort(byId);
}

async function rowsOf(worker: Worker) {
  return (await worker.reader.since(0)).map(({ id, status, attempts }) => ({ id, status, attempts })).sort(byId);
}

function byId(one: { id: string }, other: { id: string }): number {
  return one.id < other.id ? -1 : 1;
}
