// One new secret from Vast.ai. If the answer is lost, so is the secret: rotate again.
import { describeApiFailure, mayHaveHappened } from '../../../vast/api-failure.ts';
import type { VastApi } from '../../../vast/vast-api.ts';
import { CliFailure, EXIT } from '../../cli-failure.ts';
import type { Surroundings } from '../terminal/surroundings.ts';

const TRIES = 4;
const PAUSE_MS = 3_000;

/** @throws CliFailure; unfinished where Vast.ai may now sign with a secret that nobody has. */
export async function rotateAtVast(api: VastApi, id: number, surroundings: Pick<Surroundings, 'sleep'>) {
  let mayHaveRotated = false;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await api.rotate(id);
    if (answer.ok) return { secret: answer.value.webhook_secret };
    const unclear = mayHaveHappened(answer.failure);
    mayHaveRotated ||= unclear;
    if (unclear && attempt < TRIES) {
      await surroundings.sleep(PAUSE_MS * attempt);
      continue;
    }
    const message = describeApiFailure(answer.failure, 'rotate the secret');
    if (!mayHaveRotated) throw new CliFailure(message);
    const advice = 'Vast.ai may sign with a new secret that nobody has: run the same command again.';
    throw new CliFailure(`${message} ${advice}`, EXIT.unfinished);
  }
}
