// One JSON line per step, `event` first. Never a secret, never a payload: the type below is closed,
// so that none slips in unless somebody widens it.

/** What a log line may carry. Times are milliseconds unless the name says otherwise. */
export interface LogFields {
  id?: string | undefined;
  type?: string | undefined;
  endpoint?: string | undefined;
  dialect?: string | undefined;
  reason?: string | undefined;
  /** Of a platform or a handler, bounded and free of payload (see consumer/error-text.ts). */
  error?: string | undefined;
  attempt?: number | undefined;
  ms?: number | undefined;
  delaySeconds?: number | undefined;
  /** How long before it arrived a delivery was signed. */
  ageSeconds?: number | undefined;
  count?: number | undefined;
  messageId?: string | undefined;
  /** What the provider's unsigned headers claim: for reading only, they decide nothing. */
  deliveryAttempt?: number | undefined;
  headerIdDiffers?: true | undefined;
  note?: string | undefined;
}

export type Level = 'info' | 'warn' | 'error';
export type Log = (event: string, fields?: LogFields, level?: Level) => void;

/** Writes one line to the Worker's log. */
export const log: Log = (event, fields = {}, level = 'info') => {
  const line = JSON.stringify({ event, ...fields });
  if (level === 'info') console.log(line);
  else console[level](line);
};

/** Where an unforeseen error came from, without its message: a parser's may quote a payload. */
export function errorSite(error: unknown): string {
  if (!(error instanceof Error)) return `thrown ${typeof error}`;
  // The message stands before the frames, and a line of it may look like one.
  const stack = error.stack ?? '';
  const frames = stack.slice(stack.indexOf(error.message) + error.message.length);
  const frame = stack.includes(error.message) ? frames.split('\n').find((line) => /^\s+at /.test(line)) : undefined;
  return frame ? `${error.name} ${frame.trim()}` : error.name;
}

/** The message of a binding's error (KV, queue, object), bounded: it never quotes our data. */
export function platformError(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}
