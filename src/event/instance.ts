// The instance that an event is about: which one it is, and what a look at it can tell.
import { PATROL_ENDPOINT } from '../endpoint.ts';
import type { Instance } from '../vast/instances.ts';
import type { AnyEvent } from './envelope.ts';

export type { ReadInstances } from '../vast/instances.ts';

/** Nothing of an instance can be read before `kind` is known. */
export type InstanceLook =
  /** `readAt` in milliseconds since the epoch. */
  | { readonly kind: 'known'; readonly instance: Instance; readonly readAt: number }
  /** `no_id`: the event does not name exactly one. `gone`: the account has no such instance. */
  | { readonly kind: 'unknown'; readonly reason: 'no_key' | 'no_id' | 'gone' | 'unreachable' };

/** Patrol's events carry the instance itself; of others, only what Vast.ai's text says counts. */
export function instanceIdOf({ endpoint, data, mentions }: AnyEvent): number | undefined {
  const { instance } = data as { readonly instance?: Partial<Instance> | null };
  return (endpoint === PATROL_ENDPOINT ? instance?.id : undefined) ?? mentions?.instanceId;
}

/** Of an outbid the intended state says so first. */
export function isStopped({ intended_status: intended, actual_status: actual }: Instance): boolean {
  return intended === 'stopped' || actual === 'stopped' || actual === 'exited';
}
