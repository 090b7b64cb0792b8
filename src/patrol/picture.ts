// What patrol remembers of the instances from one look to the next, and what follows from it alone.
// No I/O, no clock.
import { isStopped } from '../event/instance.ts';
import type { Account } from '../event/observed.ts';
import { PATROL_IDLE_PERCENT, PATROL_LONGEST_GAP_MS } from '../limits.ts';
import type { Instance, InstanceList } from '../vast/instances.ts';

/** An instance as it was seen last. Times are milliseconds. */
export interface Seen {
  readonly instance: Instance;
  /** The last one known: a state that means nothing to us leaves it as it was. */
  readonly phase: 'loading' | 'running' | 'stopped' | null;
  readonly offline: boolean;
  /** When Vast.ai last said so, since the epoch, while nothing says that it runs. */
  readonly offlineAt: number | null;
  /** When it was first seen so, since the epoch; how long it was watched in this phase. */
  readonly since: number;
  readonly phaseMs: number;
  /** How long it has been watched with an idle GPU; null where it is busy. */
  readonly idleMs: number | null;
  /** Whether its next start would not be the first. */
  readonly hasRun: boolean;
}

export interface Picture {
  /** When the look began, in milliseconds since the epoch. */
  readonly at: number;
  readonly seen: readonly Seen[];
  /** How many instances the account has. */
  readonly total: number;
  /** The greatest id looked at, where there are more: of those nothing is known. */
  readonly stoppedAfter: number | null;
}

export function byId({ seen }: Pick<Picture, 'seen'>): ReadonlyMap<number, Seen> {
  return new Map(seen.map((one) => [one.instance.id, one]));
}

/** Whether there is no instance of this id, for all that the picture shows. */
export function isGone({ seen, stoppedAfter }: Picture, id: number): boolean {
  return (stoppedAfter === null || id <= stoppedAfter) && !seen.some(({ instance }) => instance.id === id);
}

export function stateOf({ phase, offline, instance }: Seen) {
  const isOffline = instance.actual_status === 'offline' || (offline && phase === 'running');
  return isOffline && phase !== 'stopped' ? 'offline' : (phase ?? 'unknown');
}
export type State = ReturnType<typeof stateOf>;

/** `unseen`: those beyond where patrol stops looking. */
export function countsOf({ seen, total }: Picture): Record<State | 'unseen', number> {
  const counts = { running: 0, loading: 0, stopped: 0, offline: 0, unknown: 0, unseen: total - seen.length };
  for (const one of seen) counts[stateOf(one)] += 1;
  return counts;
}

/** What one costs, in dollars per hour; null where nobody knows. */
export const priceOf = ({ phase, instance }: Seen) =>
  phase === 'stopped' ? instance.storage_total_cost : instance.dph_total;

export function accountOf(picture: Picture | null): Account {
  if (picture === null) return { instances: null, dollarsPerHour: null };
  const dollars = picture.seen.reduce((sum, one) => sum + (priceOf(one) ?? 0), 0);
  return { instances: picture.total, dollarsPerHour: Math.round(dollars * 1e6) / 1e6 };
}

/** The picture that follows on another, if any. */
export function nextPicture(before: Picture | null, list: InstanceList, now: number): Picture {
  const known = byId(before ?? { seen: [] });
  // Only what was watched counts: neither a pause of patrol nor a clock's jump makes it long.
  const gap = Math.min(Math.max(now - (before?.at ?? now), 0), PATROL_LONGEST_GAP_MS);
  const seen = list.instances.map((instance) => follow(known.get(instance.id), instance, gap, now));
  return { at: now, seen, total: list.total, stoppedAfter: list.stopped ? (list.instances.at(-1)?.id ?? 0) : null };
}

function follow(before: Seen | undefined, instance: Instance, gap: number, now: number): Seen {
  const { actual_status: actual, gpu_util: load } = instance;
  const phase = phaseOf(instance, before) ?? before?.phase ?? null;
  // Only one that is seen running is online again: not one that has exited, reboots or is unheard.
  const offlineBefore = actual === 'running' ? null : (before?.offlineAt ?? null);
  const offlineAt = actual === 'offline' ? now : offlineBefore;
  const offline = offlineAt !== null;
  const last = before?.phase === phase ? before : undefined;
  return {
    instance,
    phase,
    offline,
    offlineAt,
    phaseMs: last ? last.phaseMs + gap : 0,
    since: last?.offline === offline ? last.since : now,
    idleMs: phase === 'running' && !offline ? idleMsOf(load, before?.idleMs ?? null, gap) : null,
    hasRun: (before?.hasRun ?? false) || phase === 'running' || phase === 'stopped',
  };
}

function idleMsOf(load: number | null, before: number | null, gap: number): number | null {
  if (load === null) return before;
  if (load >= PATROL_IDLE_PERCENT) return null;
  return before === null ? 0 : before + gap;
}

/** What the columns state, or null. */
function phaseOf(instance: Instance, before?: Seen): Seen['phase'] {
  const { actual_status: actual } = instance;
  if (isStopped(instance)) return 'stopped';
  if (actual === 'running') return 'running';
  // A new instance has no actual state yet.
  const isNew = actual === null && !before?.hasRun;
  return actual === 'created' || actual === 'loading' || isNew ? 'loading' : null;
}
