// What patrol remembers of the instances from one look to the next. No I/O, no clock.
import { PATROL_IDLE_PERCENT, PATROL_LONGEST_GAP_MS } from '../limits.ts';
import type { Instance, InstanceList } from '../vast/instances.ts';

/** What an instance does, as far as its columns say so. */
export type Phase = 'loading' | 'running' | 'stopped';

/** An instance as it was seen last. */
export interface Seen {
  readonly instance: Instance;
  /** The latest that is known: a state without a meaning to us leaves it as it was. */
  readonly phase: Phase | null;
  readonly offline: boolean;
  /** When it was first seen in this phase, in milliseconds since the epoch. */
  readonly since: number;
  /** For how long it has been watched in this phase, in milliseconds. */
  readonly phaseMs: number;
  /** For how long it has been watched with an idle GPU, in milliseconds; null where it is busy. */
  readonly idleMs: number | null;
  /** Whether the next start would not be its first. */
  readonly hasRun: boolean;
}

export interface Picture {
  /** When the look began, in milliseconds since the epoch. */
  readonly at: number;
  /** In the order of ids. */
  readonly seen: readonly Seen[];
  /** How many the account has. */
  readonly total: number;
  /** The greatest id that was looked at, where there are more: of those nothing is known. */
  readonly stoppedAfter: number | null;
}

/** Whether an instance with this id would be in the picture if it existed. */
export function covers({ stoppedAfter }: Picture, id: number): boolean {
  return stoppedAfter === null || id <= stoppedAfter;
}

/** The picture after the one before, if any. */
export function nextPicture(before: Picture | null, list: InstanceList, now: number): Picture {
  const known = new Map(before?.seen.map((seen) => [seen.instance.id, seen]));
  // Only what was watched counts: neither a pause of patrol nor a clock's jump makes it long.
  const gap = Math.min(Math.max(now - (before?.at ?? now), 0), PATROL_LONGEST_GAP_MS);
  const seen = list.instances.map((instance) => look(known.get(instance.id), instance, gap, now));
  return { at: now, seen, total: list.total, stoppedAfter: list.stopped ? (list.instances.at(-1)?.id ?? 0) : null };
}

function look(before: Seen | undefined, instance: Instance, gap: number, now: number): Seen {
  const phase = phaseOf(instance, before?.hasRun ?? false) ?? before?.phase ?? null;
  const offline = instance.actual_status === 'offline' || (isUnheard(instance) && (before?.offline ?? false));
  const isSame = before?.phase === phase;
  return {
    instance,
    phase,
    offline,
    since: isSame ? before.since : now,
    phaseMs: isSame ? before.phaseMs + gap : 0,
    idleMs: phase === 'running' && !offline ? idleTime(before?.idleMs ?? null, instance.gpu_util, gap) : null,
    hasRun: (before?.hasRun ?? false) || phase === 'running' || phase === 'stopped',
  };
}

/** Idle twice is idle all the time between, for all we know; an unknown load adds nothing. */
function idleTime(before: number | null, load: number | null, gap: number): number | null {
  if (load === null) return before;
  if (load >= PATROL_IDLE_PERCENT) return null;
  return before === null ? 0 : before + gap;
}

/** No heartbeat says neither that it is reachable nor that it is not. */
function isUnheard({ actual_status }: Instance): boolean {
  return actual_status === 'unknown' || actual_status === null;
}

/**
 * The phase that the columns state, or null. An outbid changes the intended state first and the
 * actual one half a minute later; a new instance has no actual state yet.
 */
function phaseOf({ intended_status, actual_status }: Instance, hasRun: boolean): Phase | null {
  if (intended_status === 'stopped') return 'stopped';
  switch (actual_status) {
    case 'running':
      return 'running';
    case 'stopped':
    case 'exited':
      return 'stopped';
    case 'created':
    case 'loading':
      return 'loading';
    case null:
      return hasRun ? null : 'loading';
    default:
      return null;
  }
}
