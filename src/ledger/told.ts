// Who was told of each condition: a repeat is told once, the last message is the last state, only
// what was delivered counts. Handlers run side by side, so whoever tells reserves it first.
import type { Hearing, Telling } from '../event/telling.ts';
import { MAX_REPEATS, TELL_RESERVED_MS } from '../limits.ts';
import { firstValue, type Sql } from './sql.ts';

/** Asks whom to tell of an event. Times are milliseconds since the epoch. */
export interface TellRequest extends Telling {
  readonly type: string;
  readonly created: number;
  /** Names the event, and whether its handler has been started before. */
  readonly event: string;
  readonly isRetry: boolean;
}

interface Hearer {
  /** What it was told last, when, and of which event. */
  last?: { type: string; at: number; event: string };
  held?: { event: string; until: number } | undefined;
}

/** `type` and `created` are the newest event's: they come in any order, that of `events`. */
type Memory = { type: string; created: number; events: string[]; hearers: Record<string, Hearer> };

/**
 * Those to tell, by name, and how many events each has not heard of since the last; they are
 * reserved for this one. Or until when another event has reserved one of them.
 */
export function askToTell(sql: Sql, request: TellRequest, now: number) {
  const { key, type, event, isRetry, quietMs } = request;
  // A time that lies ahead would outdate all that follows.
  const created = Math.min(request.created, now);
  const memory = read(sql, key) ?? { type, created, events: [], hearers: {} };
  const asked = Object.entries(request.hearers).map(([name, how]) => [name, how, memory.hearers[name] ?? {}] as const);
  const held = asked.map(([, , hearer]) => hearer.held).find((by) => by && by.event !== event && by.until > now);
  if (held) return { busyUntil: held.until };

  const isOutdated = type !== memory.type && created < memory.created;
  if (!isOutdated) Object.assign(memory, { type, created: Math.max(created, memory.created) });
  if (!memory.events.includes(event)) memory.events = [...memory.events, event].slice(-MAX_REPEATS - 1);
  const isTold = ({ last }: Hearer, how: Hearing) => {
    // A retry repeats what has failed; a replay, which begins anew, repeats all.
    if (last?.event === event) return !isRetry;
    if (isOutdated) return false;
    if (how === 'always') return true;
    const isSame = last?.type === type;
    if (how === 'sequel') return last !== undefined && !isSame;
    return !(isSame && now - last.at < quietMs);
  };
  const place = memory.events.indexOf(event);
  const untold: Record<string, number> = {};
  for (const [name, , hearer] of asked.filter(([, how, hearer]) => isTold(hearer, how))) {
    untold[name] = hearer.last ? Math.max(place - memory.events.indexOf(hearer.last.event) - 1, 0) : 0;
    memory.hearers[name] = { ...hearer, held: { event, until: now + TELL_RESERVED_MS } };
  }
  save(sql, key, memory, now);
  return { untold };
}

/** Ends the reservation. `reached`: those whom the posts have reached. */
export function noteTold(sql: Sql, { key, type, event }: TellRequest, reached: readonly string[], now: number): void {
  const memory = read(sql, key);
  if (!memory) return;
  for (const [name, hearer] of Object.entries(memory.hearers)) {
    if (hearer.held?.event === event) hearer.held = undefined;
    if (reached.includes(name)) hearer.last = { type, at: now, event };
  }
  save(sql, key, memory, now);
}

function read(sql: Sql, key: string): Memory | undefined {
  const json = firstValue<string>(sql, 'SELECT json FROM told WHERE key = ?', key);
  return json === null ? undefined : JSON.parse(json);
}

function save(sql: Sql, key: string, memory: Memory, now: number): void {
  sql.exec('INSERT OR REPLACE INTO told VALUES (?, ?, ?)', key, now, JSON.stringify(memory));
}
