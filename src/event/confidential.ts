// Whose text is shown neither in a chat nor in a list: it may let its reader into the account.
import { eventTypes, securityCriticalTypes } from './catalogue.ts';

/** An unknown type that sounds like those that carry a link into the account counts as one. */
const SOUNDS_CONFIDENTIAL = /password|passcode|e?mail|login|sign_?in|2fa|mfa|otp|token|api_?key|invit|verification/i;
const known: ReadonlySet<string> = new Set(eventTypes);

/** Whether an event's text, and an error that may quote it, stay out of chats and lists. */
export function isConfidential(type: string): boolean {
  return securityCriticalTypes.has(type) || (!known.has(type) && SOUNDS_CONFIDENTIAL.test(type));
}
