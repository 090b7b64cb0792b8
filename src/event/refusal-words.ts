// Why a genuine delivery was refused, in words that complete "It is kept, because …".
import { TIMESTAMP_TOLERANCE_SECONDS } from '../limits.ts';

const minutes = TIMESTAMP_TOLERANCE_SECONDS / 60;

export const refusalWords: ReadonlyMap<string, string> = new Map([
  ['timestamp_stale', `it was signed more than ${minutes} minutes before it arrived`],
  ['timestamp_ahead', `it was signed more than ${minutes} minutes ahead of its arrival`],
  ['body_not_utf8', 'its body is not valid UTF-8 text'],
  ['body_not_json', 'its body is not JSON'],
  ['body_not_object', 'its body is JSON, but not an object'],
  ['event_invalid', 'its body has no usable id or type'],
  ['message_too_large', 'it is too large for a queue message'],
  ['message_too_deep', 'it is nested too deeply'],
]);

/** Why a message in the queue could not be read, in a sentence. */
export const unreadableWords: ReadonlyMap<string, string> = new Map([
  ['message_not_json', 'A message in the queue was not JSON: something else writes to the queue.'],
  ['message_malformed', 'A message in the queue was not one of ours: something else writes to the queue.'],
  ['message_version_unknown', 'A message in the queue was written by another version of this Worker.'],
  ['message_of_wrong_kind', 'A refused delivery was found in the queue of accepted events.'],
]);
