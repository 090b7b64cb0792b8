// Which consumer a batch goes to. Each environment has queues of its own, so only the end of a
// queue's name says what is in it.
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, test, vi } from 'vitest';
import worker from '../../../src/index.ts';
import { batchOf, eventMessage } from '../consumer/batch-message.ts';
import { collectConsole } from '../fakes/console.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the Worker logs of an event that has not run yet. */
async function stepsIn(queue: string): Promise<unknown[]> {
  const output = collectConsole();
  const id = crypto.randomUUID() as string;
  await worker.queue({ ...batchOf([eventMessage({ id })]), queue }, env, createExecutionContext());
  return output
    .events()
    .filter((line) => line.id === id)
    .map(({ event }) => event);
}

test.each(['vastai-events', 'vastai-staging-events'])('events of %s are handled', async (queue) => {
  expect(await stepsIn(queue)).toContain('event.processed');
});

test.each(['vastai-dead-letters', 'vastai-staging-dead-letters'])('letters of %s are not', async (queue) => {
  expect(await stepsIn(queue)).toContain('event.requeued');
});
