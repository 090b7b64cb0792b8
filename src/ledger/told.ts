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

type Told = Pick<TellRequest, 'type' | 'event' | 'resolves'> & { readonly at: number };

interface Hearer {
  /** What it was told since things last turned, of each type the latest; the last one last. */
  told?: readonly Told[];
  held?: { event: string; until: number } | undefined;
}

/** `resolves` and `created` are the newest event's: they come in any order, that of `events`. */
type Memory = { resolves: boolean; created: number; events: string[]; hearers: Record<string, Hearer> };

/**
 * Those to tell, by name, and how many events each has not heard of since the last; they are
 * reserved for this one. Or until when another event has reserved one of them.
 */
export function askToTell(sql: Sql, request: TellRequest, now: number) {
  const { key, type, resolves, event, isRetry, quietMs } = request;
  // A time that lies ahead would outdate all that follows.
  const created = Math.min(request.created, now);
  const memory = read(sql, key) ?? { resolves, created, events: [], hearers: {} };
  const asked = Object.entries(request.hearers).map(([name, how]) => [name, how, memory.hearers[name] ?? {}] as const);
  const held = asked.map(([, , hearer]) => hearer.held).find((by) => by && by.event !== event && by.until > now);
  if (held) return { busyUntil: held.until };

  const isOutdated = resolves !== memory.resolves && created < memory.created;
  if (!isOutdated) Object.assign(memory, { resolves, created: Math.max(created, memory.created) });
  const name = nameOf(request);
  if (!memory.events.includes(name)) memory.events = [...memory.events, name].slice(-MAX_REPEATS - 1);
  const isTold = ({ told = [] }: Hearer, how: Hearing) => {
    // A retry repeats what has failed; a replay, which begins anew, repeats all.
    if (told.some((one) => one.event === event)) return !isRetry;
    if (isOutdated) return false;
    if (how === 'always') return true;
    if (how === 'sequel') return resolves && told.at(-1)?.resolves === false;
    const same = told.find((one) => one.type === type);
    return !(same && now - same.at < quietMs);
  };
  const countAfter = (one: Told, kind: string) => {
    const since = memory.events.slice(memory.events.indexOf(nameOf(one)) + 1, memory.events.indexOf(name));
    return since.filter((other) => other.startsWith(`${kind} `)).length;
  };
  /** Repeats of its own type, or where things turn, of all that were told and of what was not. */
  const untoldTo = ({ told = [] }: Hearer) => {
    const [last, same] = [told.at(-1), told.find((one) => one.type === type)];
    if (same) return countAfter(same, type);
    return told.reduce((sum, one) => sum + countAfter(one, one.type), last ? countAfter(last, type) : 0);
  };
  const untold: Record<string, number> = {};
  for (const [who, , hearer] of asked.filter(([, how, hearer]) => isTold(hearer, how))) {
    untold[who] = untoldTo(hearer);
    memory.hearers[who] = { ...hearer, held: { event, until: now + TELL_RESERVED_MS } };
  }
  save(sql, key, memory, now);
  return { untold };
}

/** Ends the reservation. `reached`: those whom the posts have reached. */
export function noteTold(sql: Sql, request: TellRequest, reached: readonly string[], now: number): void {
  const { key, type, event, resolves } = request;
  const memory = read(sql, key);
  if (!memory) return;
  for (const [name, hearer] of Object.entries(memory.hearers)) {
    if (hearer.held?.event === event) hearer.held = undefined;
    if (!reached.includes(name)) continue;
    const others = hearer.told?.filter((one) => one.resolves === resolves && one.type !== type) ?? [];
    hearer.told = [...others, { type, at: now, event, resolves }];
  }
  save(sql, key, memory, now);
}

/** No type has a space. */
function nameOf({ type, event }: Pick<TellRequest, 'type' | 'event'>): string {
  return `${type} ${event}`;
}

function read(sql: Sql, key: string): Memory | undefined {
  const json = firstValue<string>(sql, 'SELECT json FROM told WHERE key = ?', key);
  return json === null ? undefined : JSON.parse(json);
}

function save(sql: Sql, key: string, memory: Memory, now: number): void {
  sql.exec('INSERT OR REPLACE INTO told VALUES (?, ?, ?)', key, now, JSON.stringify(memory));
}
