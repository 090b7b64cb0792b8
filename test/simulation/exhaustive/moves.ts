// Everything that can happen next to one event. What the queue and the consumers do is modelled
// from the documentation; what the ledger decides comes from the rules that ship.

import { MAX_RETRIES } from '../../../src/limits.ts';
import { bury, claim, reopen, settle, watch } from './ledger-moves.ts';
import { freshMessage, giveUp, replaceConsumer, type Step, send } from './messages.ts';
import type { Rules } from './rules.ts';
import { ALIVE, type Consumer, freshName, type Message, OVER, type State } from './state.ts';

export interface Bounds {
  readonly messages: number;
  readonly consumers: number;
  readonly faults: number;
  /** Whether handlers take their consumer down, beside the faults that are counted. */
  readonly kills: boolean;
}

export interface Move {
  readonly label: string;
  readonly next: State;
  /** A fault: nothing may depend on its happening. */
  readonly fault: boolean;
  /** The promise that it breaks. */
  readonly broken?: string;
}

export function movesOf(state: State, rules: Rules, bounds: Bounds): Move[] {
  const moves: Move[] = [];
  const add = (label: string, { next, broken }: Step, fault = false) => {
    const counted = fault ? { ...next, faults: next.faults + 1 } : next;
    moves.push({ label, next: counted, fault, ...(broken !== undefined && { broken }) });
  };
  const mayFault = state.faults < bounds.faults;
  const fault = (label: string, step: () => Step) => {
    if (mayFault) add(label, step(), true);
  };
  const room = state.messages.length < bounds.messages;

  if (room && state.copies < 1) add('a copy arrives', { next: { ...send(state), copies: 1 } });
  for (const message of state.messages) {
    if (!message.visible) continue;
    const name = `message ${message.id}`;
    if (state.consumers.length < bounds.consumers) {
      add(`${name} is delivered`, { next: deliver(state, message, false) });
      fault(`${name} is delivered, and stays to be delivered again`, () => ({ next: deliver(state, message, true) }));
    }
    if (message.queue === 'dead_letters' && message.deliveries === 0) {
      add(`${name} got another id with the dead letters`, { next: rename(state, message) });
    }
    const known = state.row !== null && state.row.status !== 'quarantined';
    if (known && message.queue === 'main') fault(`${name} is lost`, () => ({ next: lose(state, message) }));
  }
  for (const [index, consumer] of state.consumers.entries()) {
    const name = `consumer ${index}`;
    fault(`${name} dies`, () => ({ next: giveUp(state, consumer) }));
    if (consumer.phase === 'runs') {
      if (bounds.kills) add(`the handler kills ${name}`, { next: giveUp(state, consumer) });
      for (const outcome of ['processed', 'retrying', 'dead'] as const) {
        if (outcome === 'retrying' && consumer.last) continue;
        add(`${name}: ${outcome}`, finish(state, consumer, outcome));
      }
      continue;
    }
    const ask = { main: consumer.phase === 'asks' ? claim : settle, dead_letters: bury }[consumer.queue];
    const verb = ask.name;
    const wakes = { ...state, alarm: true };
    add(`${name}: ${verb}`, ask(wakes, consumer, rules, 'heard'));
    fault(`${name}: ${verb}, whose answer is lost, and asks again`, () => ask(wakes, consumer, rules, 'again'));
    fault(`${name}: ${verb}, whose answer is lost, and gives up`, () => ask(wakes, consumer, rules, 'given_up'));
    fault(`${name}: ${verb} is refused, and gives up`, () => ({ next: giveUp(state, consumer) }));
  }
  addPassing(state, add, fault);
  if (room) {
    const late = state.messages.length > 0 || state.consumers.length > 0;
    if (state.alarm && state.row) {
      const round = () => watch(state, rules, true);
      if (late) fault('the watchdog looks while messages are late', round);
      else add('the watchdog looks', round());
      fault('the watchdog looks and cannot send', () => watch(state, rules, false));
    }
    if (state.replays < 1 && state.row) {
      add('an operator replays it', reopen(state, rules, true));
      fault('an operator replays it, and the object stops before it has sent', () => reopen(state, rules, false));
    }
  }
  return moves;
}

/** What passes by itself: leases, alarms, other events. */
function addPassing(
  state: State,
  add: (label: string, step: Step) => void,
  fault: (label: string, step: () => Step) => void,
): void {
  const { row } = state;
  if (state.alarm) fault('the alarm is dropped', () => ({ next: { ...state, alarm: false } }));
  else if (row) add('another event wakes the object', { next: { ...state, alarm: true } });
  if (row?.status !== 'processing' || row.leaseUntil !== ALIVE) return;
  const holds = (each: Consumer) => each.queue === 'main' && String(each.claim) === row.claim;
  const over: State = {
    ...state,
    row: { ...row, leaseUntil: OVER },
    consumers: state.consumers.map((each) => (holds(each) ? { ...each, stalled: true } : each)),
  };
  if (state.consumers.some(holds)) fault('the lease ends under a consumer that lives', () => ({ next: over }));
  else add('the lease ends', { next: over });
}

/**
 * Whether a dead letter keeps its id is documented nowhere: both happen, once, on its way there.
 */
function rename(state: State, message: Message): State {
  const renamed = { ...message, id: freshMessage(state), deliveries: 1 };
  const messages = state.messages.map((each) => (each === message ? renamed : each));
  return { ...state, messages, adrift: state.adrift || state.row?.holder === String(message.id) };
}

function deliver(state: State, message: Message, again: boolean): State {
  const deliveries = message.queue === 'main' ? message.deliveries + 1 : 1;
  const consumer: Consumer = {
    message: message.id,
    claim: freshName([state.row?.claim, ...state.consumers.map((each) => each.claim)]),
    queue: message.queue,
    last: message.queue === 'main' && deliveries > MAX_RETRIES,
    phase: 'asks',
    run: 0,
    outcome: 'none',
    unreported: false,
    stalled: false,
  };
  const delivered = { ...message, deliveries, visible: again && deliveries <= MAX_RETRIES };
  return {
    ...state,
    messages: state.messages.map((each) => (each === message ? delivered : each)),
    consumers: [...state.consumers, consumer],
  };
}

function lose(state: State, message: Message): State {
  const messages = state.messages.filter((each) => each !== message);
  return { ...state, messages, adrift: true };
}

/** A success stays unreported until the ledger has it. */
function finish(state: State, consumer: Consumer, outcome: Consumer['outcome']): Step {
  const succeeded = outcome === 'processed';
  const ended: Consumer = { ...consumer, phase: 'reports', outcome, unreported: succeeded };
  const next = replaceConsumer(state, consumer, ended);
  if (!succeeded || consumer.run !== state.row?.run) return { next };
  const successes = state.successes + 1;
  const broken = successes > 1 + state.excuses ? 'a second success that no fault explains' : undefined;
  return { next: { ...next, successes }, broken };
}
