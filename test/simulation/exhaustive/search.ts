// Breadth first through every state that can be reached, with what must hold in each, and a look
// back from the states of rest: one from which none can be reached any more is a way into nowhere.
import { TOO_MANY_STARTS } from './ledger-moves.ts';
import { type Bounds, movesOf } from './moves.ts';
import type { Rules } from './rules.ts';
import { initialStates, keyOf, type State } from './state.ts';

export interface Found {
  readonly states: number;
  /** The first promise found broken, and the shortest way there. */
  readonly broken: string | undefined;
  readonly path: readonly string[];
}

interface Node {
  readonly state: State;
  readonly from: number;
  readonly label: string;
  /** Nodes that lead here without a fault. */
  readonly before: number[];
}

/**
 * Stops at the first broken promise. With `countStarts` off, the number of starts is not one of
 * them.
 */
export function search(rules: Rules, bounds: Bounds, countStarts: boolean): Found {
  const nodes: Node[] = [];
  const known = new Map<string, number>();
  const reach = (state: State, from: number, label: string): number => {
    const key = keyOf(state);
    const index = known.get(key);
    if (index !== undefined) return index;
    known.set(key, nodes.length);
    nodes.push({ state, from, label, before: [] });
    return nodes.length - 1;
  };
  const found = (index: number, broken: string | undefined, label?: string): Found => {
    const path = label === undefined ? [] : [label];
    for (let at = nodes[index]; at && at.from >= 0; at = nodes[at.from]) path.unshift(at.label);
    return { states: nodes.length, broken, path };
  };
  for (const state of initialStates()) reach(state, -1, '');
  for (let index = 0; index < nodes.length; index += 1) {
    const { state } = nodes[index] as Node;
    const broken = brokenIn(state);
    if (broken) return found(index, broken);
    for (const move of movesOf(state, rules, bounds)) {
      if (move.broken && (countStarts || move.broken !== TOO_MANY_STARTS)) return found(index, move.broken, move.label);
      const next = reach(move.next, index, move.label);
      if (!move.fault && next !== index) nodes[next]?.before.push(index);
    }
  }
  const stuck = withoutRest(nodes);
  if (stuck !== undefined) return found(stuck, 'no way to rest');
  return { states: nodes.length, broken: undefined, path: [] };
}

/** Custody, in every state. */
function brokenIn({ row, messages, consumers, adrift, told, untold }: State): string | undefined {
  const inFlight = messages.length > 0 || consumers.length > 0;
  const held = [...messages.map(({ id }) => id), ...consumers.map(({ message }) => message)].map(String);
  switch (row?.status) {
    case undefined:
    case 'quarantined':
      return inFlight ? undefined : 'an accepted event is nowhere';
    case 'queued':
      return inFlight || adrift ? undefined : 'a queued event has no message left';
    case 'processing':
      return inFlight || adrift ? undefined : 'an event is being processed by nobody';
    case 'retrying':
      return held.includes(row.holder ?? '') || adrift ? undefined : 'the message that holds a waiting event is gone';
    case 'dead':
      return inFlight || told === 1 || untold ? undefined : 'a death was told to nobody';
    case 'processed':
      return undefined;
  }
}

function isAtRest({ row, messages, consumers }: State): boolean {
  const ended = row?.status === 'processed' || row?.status === 'dead';
  return ended && messages.length === 0 && consumers.length === 0;
}

/** A state from which no rest can be reached without another fault. */
function withoutRest(nodes: readonly Node[]): number | undefined {
  const rests = new Uint8Array(nodes.length);
  const open = nodes.flatMap(({ state }, index) => (isAtRest(state) ? [index] : []));
  for (const index of open) rests[index] = 1;
  while (open.length > 0) {
    for (const before of nodes[open.pop() as number]?.before ?? []) {
      if (rests[before]) continue;
      rests[before] = 1;
      open.push(before);
    }
  }
  const stuck = rests.indexOf(0);
  return stuck === -1 ? undefined : stuck;
}
