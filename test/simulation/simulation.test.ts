// The promises under injected failure: some thousands of runs here and in schedules.test.ts, which
// runs beside it; any number by `npm run simulate`.
import { describe, expect, it } from 'vitest';
import { portionsOf } from './portions.ts';
import { Choices, type Kind, runSchedule } from './schedule.ts';
import { LONG_KINDS } from './trouble.ts';

const RUNS = 1_500;
/** So many of them with every kind of trouble, the long ones among them. */
const WHOLE_RUNS = 300;
/** Seeds that once broke a promise, each with the kinds of trouble it takes. */
const REMEMBERED: readonly (readonly [seed: number, only: readonly Kind[]])[] = [
  // A slow neighbour holds up the report of a handler that has ended.
  [70, ['deaths']],
  // A handler takes its consumer down, again and again.
  [2, ['kills']],
  // The watchdog's alarm is dropped, and the messages are gone.
  [5, ['alarms', 'purges']],
  // One id at two endpoints.
  [2, ['endpoints']],
  // A refused delivery and its successor differ in their bodies.
  [9, ['latecomers']],
  // A newer Worker writes into the same queue.
  [2, ['newer']],
  // A neighbour takes the consumer down that has just given an event up.
  [67, ['kills']],
];

describe('under any schedule of failures', () => {
  it.each(portionsOf(1, RUNS))('every promise holds in the runs of seeds %d to %d', async (from, to) => {
    for (let seed = from; seed <= to; seed += 1) {
      const without = seed <= WHOLE_RUNS ? [] : LONG_KINDS;
      const { violation } = await runSchedule(Choices.fromSeed(seed), undefined, without);
      expect(
        violation,
        `seed ${seed}: see it with npm run simulate -- --seed ${seed} --without ${without}`,
      ).toBeUndefined();
    }
  });

  it.each(REMEMBERED)(
    'every promise holds in the run of seed %d with nothing but %s, which once broke',
    async (...run) => {
      const [seed, only] = run;
      expect((await runSchedule(Choices.fromSeed(seed), only)).violation).toBeUndefined();
    },
  );

  it('the same seed plays the same run', async () => {
    const [first, second] = [await runSchedule(Choices.fromSeed(7)), await runSchedule(Choices.fromSeed(7))];
    expect(first.trace().length).toBeGreaterThan(10);
    expect(second.trace()).toEqual(first.trace());
  });

  it('a list of decisions plays the run it was taken from', async () => {
    const original = await runSchedule(Choices.fromSeed(7));
    expect((await runSchedule(Choices.fromList(original.choices))).trace()).toEqual(original.trace());
  });
});
