// News of our own, told to an operator like an event: without the payload of what it is about.

/** An event that only a replay runs again. */
export interface DeadEvent {
  readonly endpoint: string;
  readonly id: string;
  readonly type: string;
  readonly reason: string;
  /** The last error, bounded, free of payload and secrets. */
  readonly error: string;
}

/** A genuine delivery that the edge had to refuse, or a message that nobody can read, kept. */
export interface KeptDelivery {
  readonly endpoint: string;
  readonly id: string;
  /** `unreadable` where its body is no event. */
  readonly type: string;
  readonly reason: string;
  /** When it arrived, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** How long before that it was signed, in seconds. */
  readonly ageSeconds?: number | undefined;
}
