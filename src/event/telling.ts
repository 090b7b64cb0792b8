// What the memory of messages and those who send them say to each other: who hears of an event, and
// whether it is news to them.

/**
 * What somebody hears of a condition: all but repeats; everything; or only what follows on something
 * else that they were told, as the all-clear follows on an alarm.
 */
export type Hearing = 'news' | 'always' | 'sequel';

/** What a message is about, and who may hear of it, by name. */
export interface Telling {
  /** Names the condition: what opens it and what resolves it have the same key. */
  readonly key: string;
  /** How long the same type of event is a repeat, in milliseconds. */
  readonly quietMs: number;
  readonly hearers: Readonly<Record<string, Hearing>>;
}

/**
 * Runs `tell` for those who are to hear of an event now, each with the number of events that they
 * have not heard of since the last; for all, where nothing is remembered. It resolves to those whom
 * it has reached: only they count.
 *
 * @throws RetryLater while another event about the same is being told.
 */
export type TellOnce = (
  telling: Telling,
  tell: (untold?: Readonly<Record<string, number>>) => Promise<readonly string[]>,
) => Promise<void>;
