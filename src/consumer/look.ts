// What handlers learn of their events' instances: one read for all events of an invocation, made
// when the first of them asks. Never rejects.
import type { AnyEvent } from '../event/envelope.ts';
import { type InstanceLook, instanceIdOf, type ReadInstances } from '../event/instance.ts';
import { INSTANCE_TIMEOUT_MS } from '../limits.ts';
import { withTimeout } from '../with-timeout.ts';

export type Look = (event: AnyEvent) => Promise<InstanceLook>;

/** @param read Absent where there is no key to read with. */
export function lookOnce(events: readonly AnyEvent[], read: ReadInstances | undefined): Look {
  let reading: ReturnType<typeof readAll> | undefined;
  const readAll = async (readNow: ReadInstances) => {
    const ids = [...new Set(events.map(instanceIdOf).filter((id) => id !== undefined))];
    const list = await withTimeout(readNow({ ids, limit: ids.length }), INSTANCE_TIMEOUT_MS);
    return list.ok ? { ...list.value, readAt: Date.now() } : undefined;
  };
  return async (event) => {
    const id = instanceIdOf(event);
    if (!read) return { kind: 'unknown', reason: 'no_key' };
    if (id === undefined) return { kind: 'unknown', reason: 'no_id' };
    reading ??= readAll(read).catch(() => undefined);
    const list = await reading;
    const instance = list?.instances.find((each) => each.id === id);
    if (list && instance) return { kind: 'known', instance, readAt: list.readAt };
    return { kind: 'unknown', reason: list && !list.stopped ? 'gone' : 'unreachable' };
  };
}
