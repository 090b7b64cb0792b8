// What a user's tests stand on: a run ends for them as it ends in the consumer.
import { expect, test } from 'vitest';
import { defineHandlers, type Handler } from '../../../src/consumer/define-handlers.ts';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { PermanentFailure, RetryLater } from '../../../src/failures.ts';
import { runHandler, sampleEvent } from '../../../src/handlers/testing.ts';

const only = (fallback: Handler<AnyEvent>) => defineHandlers({ fallback });
const failing = (error: unknown) =>
  only(() => {
    throw error;
  });

test('a handler that returns has processed its event', async () => {
  expect(
    await runHandler(
      only(() => {}),
      'outbid',
    ),
  ).toEqual({ ended: 'processed', steps: [], logs: [] });
});

test.each([
  ['any throw is retried', new Error('down'), { ended: 'retry', error: expect.stringMatching(/^Error: down \(at /) }],
  ['RetryLater chooses the delay', new RetryLater(90), { ended: 'retry', delaySeconds: 90 }],
  [
    'PermanentFailure gives up',
    new PermanentFailure('gone'),
    { ended: 'dead', error: expect.stringMatching(/^PermanentFailure: gone/) },
  ],
])('%s', async (_title, error, expected) => {
  const run = await runHandler(failing(error), 'outbid');
  expect(run).toMatchObject(expected);
  expect('delaySeconds' in run).toBe('delaySeconds' in expected);
});

test('a failure of the eleventh try is final, one of the tenth is not', async () => {
  const ends = [10, 11].map(async (attempt) => (await runHandler(failing(new Error()), 'outbid', { attempt })).ended);
  expect(await Promise.all(ends)).toEqual(['retry', 'dead']);
});

test('a handler that does not finish in its time is retried', async () => {
  const hanging = only(
    (_event, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  );
  expect(await runHandler(hanging, 'outbid', { timeoutMs: 10 })).toMatchObject({ ended: 'retry' });
});

test('steps are recorded, and those done before are not run again', async () => {
  const steps = only(async (_event, { once }) => {
    await once('first', () => Promise.reject(new Error('ran again')));
    await once('second', async () => {});
  });
  const run = await runHandler(steps, 'outbid', { doneBefore: ['first'] });
  expect(run).toMatchObject({ ended: 'processed', steps: ['second'] });
});

test('log lines are recorded with what the Worker adds to them', async () => {
  const event = sampleEvent('outbid', { id: 'one', endpoint: 'host' });
  const { logs } = await runHandler(
    only((_event, context) => context.log('seen', { count: 2 })),
    event,
    { attempt: 3 },
  );
  const about = { id: 'one', type: 'outbid', endpoint: 'host', attempt: 3 };
  expect(logs).toEqual([{ event: 'seen', level: 'info', count: 2, ...about }]);
});

test('a handler reads the secrets that its test gives it, and finds no others', async () => {
  const asking = only((_event, { env }) => {
    throw new Error(Object.keys(env).join());
  });
  const { error } = await runHandler(asking, 'outbid', { env: { OPS_URL: 'https://ops.example' } });
  expect(error).toMatch(/^Error: OPS_URL \(/);
});

test('a sample is what the parser makes of a delivery, with the fields that were asked for', () => {
  expect(sampleEvent('outbid', { data: { message: 'mine' } })).toMatchObject({
    dialect: 'notification',
    id: 'sample',
    endpoint: 'default',
    data: { subject: expect.stringContaining('Outbid'), message: 'mine' },
  });
  expect(sampleEvent('resource.created', { data: { gpu_name: 'H100' } })).toMatchObject({
    dialect: 'resource',
    data: { instance_id: 4711, gpu_name: 'H100' },
  });
});

test('what could never arrive is no sample', () => {
  expect(() => sampleEvent('two words')).toThrow('notif_type must be printable ASCII without spaces');
});

test('a test decides what a look at the instance tells; left out, there is no key', async () => {
  const looking = only(async (_event, context) => {
    const look = await context.instance();
    context.log('looked', { note: look.kind === 'unknown' ? look.reason : '' });
  });
  const noteOf = async (options?: Parameters<typeof runHandler>[2]) =>
    (await runHandler(looking, 'outbid', options)).logs[0]?.note;
  expect(await noteOf({ instance: { kind: 'unknown', reason: 'gone' } })).toBe('gone');
  expect(await noteOf()).toBe('no_key');
});
