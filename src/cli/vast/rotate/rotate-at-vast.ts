// One new secret from Vast.ai. If the answer is lost, so is the secret: rotate again.
import { fail, succeed } from '../../../result.ts';
import { describeApiFailure, mayHaveHappened } from '../../../vast/api-failure.ts';
import type { VastApi } from '../../../vast/vast-api.ts';
import type { Surroundings } from '../terminal/surroundings.ts';

const TRIES = 4;
const PAUSE_MS = 3_000;

/** A failure's `mayHaveRotated`: whether Vast.ai may now sign with a secret that nobody has. */
export async function rotateAtVast(api: VastApi, id: number, surroundings: Pick<Surroundings, 'sleep'>) {
  let mayHaveRotated = false;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await api.rotate(id);
    if (answer.ok) return succeed(answer.value.webhook_secret);
    const unclear = mayHaveHappened(answer.failure);
    mayHaveRotated ||= unclear;
    if (unclear && attempt < TRIES) {
      await surroundings.sleep(PAUSE_MS * attempt);
      continue;
    }
    const message = describeApiFailure(answer.failure, 'rotate the secret');
    const advice = 'Vast.ai may sign with a new secret that nobody has: run the same command again.';
    return fail({ message: mayHaveRotated ? `${message} ${advice}` : message, mayHaveRotated });
  }
}
