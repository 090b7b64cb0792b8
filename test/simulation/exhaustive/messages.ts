// What becomes of messages and of the consumers that have them: sent, acknowledged, sent back,
// moved to the dead letters.
import { MAX_RETRIES } from '../../../src/limits.ts';
import { type Consumer, freshName, type Message, type State } from './state.ts';

/** What one party does: the state after it, and the promise that it breaks. */
export interface Step {
  readonly next: State;
  readonly broken?: string | undefined;
}

/** A new message in the main queue. */
export function send(state: State): State {
  const message: Message = { id: freshMessage(state), queue: 'main', deliveries: 0, visible: true };
  return { ...state, messages: [...state.messages, message] };
}

export function freshMessage({ row, messages, consumers }: State): number {
  return freshName([row?.holder, ...messages.map(({ id }) => id), ...consumers.map(({ message }) => message)]);
}

export function replaceConsumer(state: State, consumer: Consumer, by: Consumer): State {
  return { ...state, consumers: state.consumers.map((each) => (each === consumer ? by : each)) };
}

/**
 * A consumer dies, or has not heard the ledger: its message comes back, and what it did not report
 * may happen again.
 */
export function giveUp(state: State, consumer: Consumer): State {
  const { row } = state;
  const hidden = consumer.unreported && consumer.run === row?.run;
  const knewOfDeath = consumer.outcome === 'dead' && row?.status === 'dead' && row.claim === String(consumer.claim);
  const untold = state.untold || knewOfDeath;
  return sendBack({ ...state, untold, excuses: state.excuses + (hidden ? 1 : 0) }, consumer);
}

export function acknowledge(state: State, consumer: Consumer): State {
  // Delivered twice at once, and sent back by the other consumer, which may hold the row with it.
  const twice = state.messages.some(({ id, visible }) => id === consumer.message && visible);
  return {
    ...state,
    adrift: state.adrift || twice,
    messages: state.messages.filter(({ id }) => id !== consumer.message),
    consumers: state.consumers.filter((each) => each !== consumer),
  };
}

/** The message comes back, or moves to the dead letters once its deliveries are used up. */
export function sendBack(state: State, consumer: Consumer): State {
  const consumers = state.consumers.filter((each) => each !== consumer);
  const message = state.messages.find(({ id }) => id === consumer.message);
  // Delivered twice at once, and acknowledged by the other consumer: it holds the row, and never
  // comes back.
  if (!message) return { ...state, consumers, adrift: true };
  const exhausted = message.queue === 'main' && message.deliveries > MAX_RETRIES;
  const back: Message = exhausted
    ? { ...message, queue: 'dead_letters', deliveries: 0, visible: true }
    : { ...message, visible: true };
  return { ...state, consumers, messages: state.messages.map((each) => (each === message ? back : each)) };
}
