// The app behind fakes: what a delivery is answered, and what KV and the queues saw of it.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { expect } from 'vitest';
import { app } from '../../../src/app.ts';
import type { Env, Secrets } from '../../../src/env.ts';
import { decodeMessage, type RefusedMessage } from '../../../src/queue/message.ts';
import { fakeKv } from '../fakes/kv.ts';
import { fakeQueue } from '../fakes/queue.ts';
import { TEST_SECRET } from '../signed-request.ts';

/** @param secrets What is set; by default one secret, of the default endpoint. */
export function receiver(secrets: Secrets = { VASTAI_WEBHOOK_SECRET: TEST_SECRET }) {
  const seen = fakeKv();
  const events = fakeQueue();
  const deadLetters = fakeQueue();
  const env: Env = {
    ...secrets,
    SEEN: seen.binding,
    EVENTS: events.binding,
    DEAD_LETTERS: deadLetters.binding,
    // The edge has no business with the objects: calling one fails the test.
    LEDGER: {} as Env['LEDGER'],
    PATROL: {} as Env['PATROL'],
  };

  /** Answers a request and waits for the work that goes on after the answer. */
  async function deliver(request: Request): Promise<Response> {
    const context = createExecutionContext();
    const response = await app.fetch(request, env, context);
    await waitOnExecutionContext(context);
    return response;
  }

  /** The refused deliveries kept so far. */
  function kept(): RefusedMessage[] {
    return deadLetters.messages.map((text) => {
      const message = decodeMessage(text);
      if (!message.ok || message.value.kind !== 'refused') throw new Error(`not a refused delivery: ${text}`);
      return message.value;
    });
  }

  return { env, seen, events, deadLetters, deliver, kept };
}

export type Receiver = ReturnType<typeof receiver>;

/** Neither KV nor a queue has been touched. */
export function expectNothingDone({ seen, events, deadLetters }: Receiver) {
  for (const call of [seen.get, seen.put, events.send, deadLetters.send]) expect(call).not.toHaveBeenCalled();
}
