// A platform call that hangs must not hold a request longer than its caller can wait.

/** Rejects after `ms` milliseconds; the call itself goes on, and its late outcome is ignored. */
export function withTimeout<Value>(call: Promise<Value>, ms: number): Promise<Value> {
  // One promise and no race: two of these stand in the way of every accepted delivery.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    call.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
