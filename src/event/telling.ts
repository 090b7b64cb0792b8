// What those who tell of events and the memory of what was told say to each other.

/**
 * All but repeats; those, too; or the end alone of a condition whose beginning was told. None hears
 * of an event that is older than its opposite.
 */
export type Hearing = 'news' | 'always' | 'sequel';

/** What a message is about, and what each of those who may hear of it wants to hear, by name. */
export interface Telling {
  /** Names the condition: what opens it and what resolves it have the same key. */
  readonly key: string;
  readonly resolves: boolean;
  /** How long the same type of event is a repeat, in milliseconds. */
  readonly quietMs: number;
  readonly hearers: Readonly<Record<string, Hearing>>;
}

/**
 * Runs `tell` for those who are to hear of an event now, each with the number of events that it has
 * not heard of; for all where nothing is remembered. It resolves to those it has reached: only they
 * count. Throws RetryLater while another event about the same is being told.
 */
export type TellOnce = (
  telling: Telling,
  tell: (untold?: Readonly<Record<string, number>>) => Promise<readonly string[]>,
) => Promise<void>;
