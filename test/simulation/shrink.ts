// Makes a failing run short enough to read: cuts its list of decisions and plains them, as long as
// it still fails.
import { Choices } from './choices.ts';
import { type Kind, type RunResult, runSchedule } from './schedule.ts';

const MAX_TRIES = 1_500;

/** @returns The shortest failing run that was found. */
export async function shrink(
  failing: RunResult,
  only?: readonly Kind[],
  without?: readonly Kind[],
): Promise<RunResult> {
  let best = failing;
  let tries = 0;
  const accept = async (candidate: readonly number[]): Promise<boolean> => {
    tries += 1;
    const result = await runSchedule(Choices.fromList(candidate), only, without);
    const better = result.violation !== undefined && result.trace().length <= best.trace().length;
    if (better) best = result;
    return better;
  };
  for (let size = Math.ceil(best.choices.length / 2); size >= 1 && tries < MAX_TRIES; size = Math.floor(size / 2)) {
    for (let start = 0; start < best.choices.length && tries < MAX_TRIES; ) {
      const cut = best.choices.toSpliced(start, size);
      if (await accept(cut)) continue;
      const plain = best.choices.map((choice, index) => (index >= start && index < start + size ? 0 : choice));
      if (best.choices.slice(start, start + size).some((choice) => choice !== 0)) await accept(plain);
      start += size;
    }
  }
  return best;
}
