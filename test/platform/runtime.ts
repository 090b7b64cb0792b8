// What workerd has and Node lacks, over a clock that moves only when all else has come to rest.
import { timingSafeEqual } from 'node:crypto';
import { install, settled, VirtualTime } from '../simulation/virtual-time.ts';

/** Turns of the event loop after which a piece of work counts as hanging. */
const MOST_TURNS = 20_000;

/** The clock, and a way to let it move. */
export interface Runtime {
  readonly time: VirtualTime;
  /** Waits for the work, letting time pass where it waits for a timer. */
  finish<Value>(work: Promise<Value> | Value): Promise<Value>;
  /** Puts Node's own globals back. */
  restore(): void;
}

/** Puts in place what workerd has and Node lacks, over a clock of our own. */
export function startRuntime(): Runtime {
  const time = new VirtualTime();
  const restore = install(time);
  Object.assign(crypto.subtle, {
    timingSafeEqual: (a: ArrayBuffer, b: ArrayBuffer) => timingSafeEqual(new Uint8Array(a), new Uint8Array(b)),
  });
  Object.assign(globalThis, { scheduler: { wait: async () => {} } });
  if (!('fromBase64' in Uint8Array)) {
    Object.defineProperty(Uint8Array, 'fromBase64', {
      value: (text: string) => new Uint8Array(Buffer.from(text, 'base64')),
      configurable: true,
    });
  }
  return { time, restore, finish: (work) => finish(work, time) };
}

async function finish<Value>(work: Promise<Value> | Value, time: VirtualTime): Promise<Value> {
  let done = false;
  const watched = Promise.resolve(work).finally(() => {
    done = true;
  });
  watched.catch(() => {});
  for (let turn = 0; !done; turn += 1) {
    await settled();
    if (done) break;
    if (turn > MOST_TURNS) throw new Error('the work waits for something that never happens');
    time.advance();
  }
  return watched;
}
