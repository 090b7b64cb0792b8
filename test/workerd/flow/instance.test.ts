// The whole Worker with a key of its own: what a handler sees of its event's instance.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, test, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import worker from '../../../src/index.ts';
import { READ_KEY, VastAccount } from '../../platform/vast-account.ts';
import { batchOf, eventMessage } from '../consumer/batch-message.ts';
import { collectConsole } from '../fakes/console.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function notesOf(secrets: Partial<Env>, ...instanceIds: number[]): Promise<unknown[]> {
  const output = collectConsole();
  const messages = instanceIds.map((instanceId) =>
    eventMessage({ id: crypto.randomUUID(), type: 'instance_created', mentions: { instanceId } }),
  );
  const context = createExecutionContext();
  await worker.queue({ ...batchOf(messages), queue: 'vastai-events' }, { ...env, ...secrets }, context);
  await waitOnExecutionContext(context);
  const lines = output.events().filter(({ event }) => event === 'handler.ran');
  expect(output.lines().join()).not.toMatch(/nobody-may-see|vast-read-key/);
  return lines.map(({ note }) => note);
}

test('asks nobody without a key, and with one asks Vast.ai once for a batch', async () => {
  const account = new VastAccount();
  vi.stubGlobal('fetch', account.fetch);
  const ids = ['one', 'two'].map((label) => account.add({ label }));
  expect(await notesOf({}, ...ids)).toEqual(['no_key', 'no_key']);
  expect(account.calls).toEqual([]);

  const gone = 1;
  expect(await notesOf({ VAST_READ_KEY: READ_KEY }, ...ids, gone)).toEqual(['saw one', 'saw two', 'gone']);
  expect(account.calls).toEqual(['/api/v1/instances/']);
});
