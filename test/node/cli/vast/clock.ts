// One clock for the CLI, the Worker and the provider of a test. It moves only when everything else
// has come to rest: minutes of patience cost nothing, and who comes first is decided by the times
// alone, however slow the machine is.
import { setTimeout as realSleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { microtaskCrypto, newerBytes, settled, VirtualTime } from '../../../simulation/virtual-time.ts';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** For what has processes of its own. */
export const realClock: Clock = { now: Date.now, sleep: (ms) => realSleep(ms) };

/** A retry that never ends would keep such a clock running for ever. */
const LONGEST_TEST_MS = 30 * 86_400_000;

/** The clock of this test, which `Date.now` follows until the test ends. */
let running: Clock | undefined;

export function createClock(): Clock {
  running ??= start();
  return running;
}

function start(): Clock {
  const time = new VirtualTime();
  const end = time.now + LONGEST_TEST_MS;
  onTestFinished(installWorkerGlobals());
  const realNow = Date.now;
  Date.now = () => time.now;
  let driven = false;
  onTestFinished(() => {
    Date.now = realNow;
    running = undefined;
    // Whoever a test has stopped dead may still be asleep.
    time.reset();
  });
  const drive = async () => {
    driven = true;
    for (;;) {
      // A body is read in a few turns.
      for (let turn = 0; turn < 3; turn += 1) await settled();
      if (time.idle) break;
      time.advance();
      if (time.now > end) throw new Error('Something in this test never comes to an end.');
    }
    driven = false;
  };
  return {
    now: () => time.now,
    sleep: (ms) =>
      new Promise((wake) => {
        // Whole milliseconds, as Date.now has them.
        time.at(time.now + Math.ceil(ms), wake);
        if (!driven) void drive();
      }),
  };
}

/** What workerd has and Node lacks, and signatures that take no detour through a thread. */
export function installWorkerGlobals(): () => void {
  for (const [name, value] of Object.entries(newerBytes)) {
    if (name in Uint8Array.prototype) continue;
    Object.defineProperty(Uint8Array.prototype, name, { value, configurable: true });
  }
  Object.defineProperty(crypto, 'subtle', { value: microtaskCrypto, configurable: true });
  return () => delete (crypto as { subtle?: unknown }).subtle;
}
