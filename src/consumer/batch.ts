// What happens to a batch of accepted events: decode, run side by side, then decide message by message.
//
// A message is acknowledged only after what became of it is safe; nothing is ever decided for the batch as a whole, so a
// poisoned message neither holds up nor repeats its neighbours.
import type { Env } from '../env.ts';
import { MAX_DELAY_SECONDS } from '../limits.ts';
import { type Log, log as writeLog } from '../log.ts';
import { decodeMessage, type EventMessage } from '../queue/message.ts';
import { backoffSeconds } from './backoff.ts';
import { bury, undecodable } from './dead-letters.ts';
import type { Handlers } from './define-handlers.ts';
import { type RunOutcome, runHandler } from './run-handler.ts';

export interface BatchDeps {
  readonly env: Env;
  readonly handlers: Handlers;
  readonly log?: Log;
  /** From 0 up to, not including, 1. */
  readonly random?: () => number;
  readonly handlerTimeoutMs?: number;
}

/** Handles a batch of the main queue. Resolves once every message has been acknowledged or sent back. */
export async function handleBatch(batch: MessageBatch, deps: BatchDeps): Promise<void> {
  await Promise.all(batch.messages.map((message) => handleMessage(message, deps)));
}

async function handleMessage(message: Message, deps: BatchDeps): Promise<void> {
  const { env, handlers, log = writeLog } = deps;
  const decoded = decodeMessage(message.body);
  if (!decoded.ok || decoded.value.kind !== 'event') {
    const reason = decoded.ok ? 'message_of_wrong_kind' : decoded.failure;
    log('event.dead', { messageId: message.id, reason }, 'error');
    return bury(message, undecodable(message, reason), deps);
  }
  const outcome = await runHandler(handlers, {
    event: decoded.value.event,
    attempt: message.attempts,
    env,
    log,
    ...(deps.handlerTimeoutMs !== undefined && { timeoutMs: deps.handlerTimeoutMs }),
  });
  return conclude(message, decoded.value, outcome, deps);
}

async function conclude(message: Message, sent: EventMessage, outcome: RunOutcome, deps: BatchDeps): Promise<void> {
  const { log = writeLog, random = Math.random } = deps;
  const { id, type, endpoint } = sent.event;
  const about = { id, type, endpoint, attempt: message.attempts, ms: outcome.ms };
  switch (outcome.kind) {
    case 'succeeded':
      log('event.processed', about);
      return message.ack();
    case 'failed': {
      const delaySeconds = Math.min(
        outcome.delaySeconds ?? backoffSeconds(message.attempts, random()),
        MAX_DELAY_SECONDS,
      );
      log('event.retrying', { ...about, delaySeconds, error: outcome.error }, 'warn');
      return message.retry({ delaySeconds });
    }
    case 'failed_for_good': {
      log('event.dead', { ...about, reason: 'permanent_failure', error: outcome.error }, 'error');
      const letter = { ...sent, kind: 'failed', reason: 'permanent_failure', error: outcome.error } as const;
      return bury(message, { ...letter, attempts: message.attempts }, deps);
    }
  }
}
