// What has arrived in a batch, by what can be done with it.
import { type DecodeFailure, decodeMessage, type RefusedMessage } from '../queue/message.ts';
import type { Item } from './deps.ts';

/** A delivery that the edge kept. */
export interface RefusedItem {
  readonly message: Message;
  readonly letter: RefusedMessage;
}

/** A message that nobody can read, or that does not belong where it was found. */
export interface Unreadable {
  readonly message: Message;
  readonly reason: Exclude<DecodeFailure, 'message_version_newer'> | 'message_of_wrong_kind';
}

export function sortMessages(messages: readonly Message[]) {
  const events: Item[] = [];
  const refused: RefusedItem[] = [];
  const unreadable: Unreadable[] = [];
  /** Written by a newer Worker than this one. */
  const newer: Message[] = [];
  for (const message of messages) {
    const decoded = decodeMessage(message.body);
    if (!decoded.ok) {
      if (decoded.failure === 'message_version_newer') newer.push(message);
      else unreadable.push({ message, reason: decoded.failure });
    } else if (decoded.value.kind === 'refused') refused.push({ message, letter: decoded.value });
    else events.push({ message, sent: decoded.value });
  }
  return { events, refused, unreadable, newer };
}
