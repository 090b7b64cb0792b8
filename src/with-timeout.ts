// A platform call that hangs must not hold a request longer than its caller can wait.

/** Rejects after `ms` milliseconds; the call itself goes on, and its late outcome is ignored. */
export async function withTimeout<Value>(call: Promise<Value>, ms: number): Promise<Value> {
  const { promise: expiry, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([call, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
