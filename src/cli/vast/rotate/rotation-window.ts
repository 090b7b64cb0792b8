// The rotation window: while `VASTAI_ROTATION_UNTIL` lies ahead, the Worker answers mismatches with
// 503, so that Vast.ai retries. Endpoints that are rotated at the same time share it.
import type { SetupDeps } from '../connect.ts';
import { waitForWorker } from '../worker/wait-for-worker.ts';

const NAME = 'VASTAI_ROTATION_UNTIL';

/** How long it stays open, in seconds: an interrupted rotation can be completed the next day. */
const OPEN_SECONDS = 86_400;
/** A value in the past closes it. Deleting the variable would fail where it is already gone. */
const CLOSED = '0';

/**
 * Opens it. Nothing may be asked of Vast.ai before the Worker is `seen` as `unavailable`.
 *
 * @returns `untilSeconds`: when it closes by itself, in seconds since the epoch.
 */
export async function openWindow(deps: SetupDeps) {
  const untilSeconds = Math.floor(deps.surroundings.now() / 1000) + OPEN_SECONDS;
  await deps.store.put(NAME, String(untilSeconds));
  return { untilSeconds, seen: await waitForWorker(() => deps.worker.unsigned(), 'unavailable', deps) };
}

/** Closes it, unless another endpoint of the Worker is in the middle of its rotation. */
export async function closeWindow({ output, records, store, target }: SetupDeps): Promise<void> {
  if (records.othersSwitching(target.url)) {
    output.say('It stays open: another endpoint of this Worker is being rotated.');
    return;
  }
  await store.put(NAME, CLOSED);
}
