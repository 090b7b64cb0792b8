// The second half of the schedules that `npm test` plays, without the long kinds of trouble: two
// files run side by side.
import { expect, it } from 'vitest';
import { portionsOf } from './portions.ts';
import { Choices, runSchedule } from './schedule.ts';
import { LONG_KINDS } from './trouble.ts';

const [FROM, TO] = [1_501, 3_000];

it.each(portionsOf(FROM, TO))('every promise holds in the runs of seeds %d to %d', async (from, to) => {
  for (let seed = from; seed <= to; seed += 1) {
    const { violation } = await runSchedule(Choices.fromSeed(seed), undefined, LONG_KINDS);
    expect(
      violation,
      `seed ${seed}: see it with npm run simulate -- --seed ${seed} --without ${LONG_KINDS}`,
    ).toBeUndefined();
  }
});
