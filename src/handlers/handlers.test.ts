// Tests of your handlers: `npx vitest run src/handlers` runs these alone, in the Workers runtime.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { handlers } from './index.ts';
import { runHandler } from './testing.ts';

// A test talks to nobody: every request is answered here.
beforeEach(() => {
  vi.stubGlobal('fetch', async () => Response.json({}));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test('an event of a type that Vast.ai has yet to invent is processed', async () => {
  expect(await runHandler(handlers, 'type_of_the_future')).toMatchObject({ ended: 'processed' });
});

// More of the kind, for a handler of `outbid` that calls a service:
//
// const event = sampleEvent('outbid', { data: { message: 'Instance 4711 was outbid.' } });
// const headers = { 'Retry-After': '90' };
// vi.stubGlobal('fetch', async () => new Response('slow down', { status: 429, headers }));
// expect(await runHandler(handlers, event)).toMatchObject({ ended: 'retry', delaySeconds: 90 });
