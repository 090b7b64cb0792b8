// One clock for the CLI, the Worker and the provider of a test: waiting moves it, so that minutes
// of patience cost nothing.
import { setTimeout as realSleep } from 'node:timers/promises';

export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

export function createClock(): Clock {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    sleep: async (ms) => {
      ahead += ms;
      await realSleep(1);
    },
  };
}
