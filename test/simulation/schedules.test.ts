// The second half of the schedules that `npm test` plays: two files run side by side.
import { expect, it } from 'vitest';
import { Choices, runSchedule } from './schedule.ts';

const [FROM, TO] = [1_501, 3_000];

it(`every promise holds in the runs of seeds ${FROM} to ${TO}`, async () => {
  for (let seed = FROM; seed <= TO; seed += 1) {
    const { violation } = await runSchedule(Choices.fromSeed(seed));
    expect(violation, `seed ${seed}: see it with npm run simulate -- --seed ${seed}`).toBeUndefined();
  }
});
