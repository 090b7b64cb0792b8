// Waits until a Worker sees a change of its secrets. We see only the nearest of Cloudflare's
// locations: an answer must come several times in a row, and a pause follows for the others.
import type { SetupDeps } from '../connect.ts';
import type { WorkerAnswer } from './worker-client.ts';

/** For how long to ask, in milliseconds, and how often in a row the answer must be right. */
const PATIENCE_MS = 120_000;
const PAUSE_MS = 1_000;
const TIMES_IN_A_ROW = 3;

/** Asks until the answer is of `kind` or patience ends, then settles; returns the last answer. */
export async function waitForWorker(
  ask: () => Promise<WorkerAnswer>,
  kind: WorkerAnswer['kind'],
  { settleSeconds, surroundings }: SetupDeps,
): Promise<WorkerAnswer> {
  const giveUpAt = surroundings.now() + PATIENCE_MS;
  let inARow = 0;
  for (;;) {
    const answer = await ask();
    inARow = answer.kind === kind ? inARow + 1 : 0;
    const settled = inARow === TIMES_IN_A_ROW;
    if (settled) await surroundings.sleep(settleSeconds * 1000);
    if (settled || surroundings.now() >= giveUpAt) return answer;
    await surroundings.sleep(PAUSE_MS);
  }
}
