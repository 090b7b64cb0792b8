// Where events go that no handler could take, and the consumer that keeps them.
import { DEAD_LETTER_RETRY_SECONDS, MAX_MESSAGE_BYTES } from '../limits.ts';
import { type Log, log as writeLog } from '../log.ts';
import { enqueue } from '../queue/enqueue.ts';
import { type DeadLetter, decodeMessage, encodeMessage, type UndecodableMessage } from '../queue/message.ts';
import type { BatchDeps } from './batch.ts';

/** A letter about a message that could not be read, with as much of its body as is sure to fit. */
export function undecodable(message: Message, reason: string): UndecodableMessage {
  return {
    kind: 'undecodable',
    reason,
    messageId: message.id,
    receivedAt: message.timestamp.getTime(),
    // Escaped and in UTF-8, a character can take six bytes.
    body: textOf(message.body).slice(0, Math.floor(MAX_MESSAGE_BYTES / 6) - 200),
  };
}

/** A queue may hold what JSON cannot spell (a BigInt, a cycle); that must not stop the batch. */
function textOf(body: unknown): string {
  try {
    return typeof body === 'string' ? body : String(JSON.stringify(body));
  } catch {
    return `unprintable ${typeof body}`;
  }
}

/** Moves a message to the dead letters. It is acknowledged only once they have it; until then it stays where it is. */
export async function bury(message: Message, letter: DeadLetter, { env, log = writeLog }: BatchDeps): Promise<void> {
  const encoded = encodeMessage(letter);
  const sent = encoded.ok ? await enqueue(env.DEAD_LETTERS, encoded.value) : encoded;
  if (sent.ok) return message.ack();
  const error = typeof sent.failure === 'string' ? sent.failure : sent.failure.error;
  log('event.retrying', { messageId: message.id, reason: 'dead_letters_unavailable', error }, 'error');
  message.retry({ delaySeconds: DEAD_LETTER_RETRY_SECONDS });
}

/**
 * Handles a batch of the dead-letter queue. There is nowhere further to put a letter, so it is named in the log and left
 * in the queue: acknowledging it would destroy the evidence.
 */
export async function handleDeadLetters(batch: MessageBatch, log: Log = writeLog): Promise<void> {
  for (const message of batch.messages) {
    log('event.dead', { messageId: message.id, attempt: message.attempts, ...describeLetter(message.body) }, 'error');
    message.retry({ delaySeconds: DEAD_LETTER_RETRY_SECONDS });
  }
}

function describeLetter(body: unknown) {
  const decoded = decodeMessage(body);
  if (!decoded.ok) return { reason: decoded.failure };
  const letter = decoded.value;
  switch (letter.kind) {
    case 'event':
      return { reason: 'retries_exhausted', ...identityOf(letter.event) };
    case 'failed':
      return { reason: letter.reason, error: letter.error, ...identityOf(letter.event) };
    case 'refused':
      return { reason: letter.reason, id: letter.id, type: letter.event?.type, endpoint: letter.endpoint };
    case 'undecodable':
      return { reason: letter.reason };
  }
}

function identityOf(event: { id: string; type: string; endpoint: string }) {
  return { id: event.id, type: event.type, endpoint: event.endpoint };
}
