// Whether a rotation is under way: then a signature that matches no secret may be our own lag.
import type { Env } from '../env.ts';

/**
 * @param nowSeconds Seconds since the epoch. A value that is not epoch seconds (milliseconds, say)
 * counts as no rotation: it would turn every refusal into a retry for ever.
 */
export function isRotating(env: Env, nowSeconds: number): boolean {
  const until = env.VASTAI_ROTATION_UNTIL ?? '';
  return /^\d{1,12}$/.test(until) && Number(until) > nowSeconds;
}
