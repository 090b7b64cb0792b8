// Which handler a type reaches. Types are data from outside.
import { expect, test } from 'vitest';
import { defineHandlers, handlerFor } from '../../../src/consumer/define-handlers.ts';

const outbid = () => {};
const created = () => {};
const fallback = () => {};
const handlers = defineHandlers({ outbid, 'resource.created': created, fallback });

test.each([
  ['outbid', outbid],
  ['resource.created', created],
])('%s reaches its own handler', (type, handler) => {
  expect(handlerFor(handlers, type)).toBe(handler);
});

test.each(['low_credit', 'never_heard_of', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'fallback', ''])(
  '%s, having no handler of its own, reaches the fallback',
  (type) => {
    expect(handlerFor(handlers, type)).toBe(fallback);
  },
);

test('a handler that is left undefined is none', () => {
  const sparse = { ...handlers, outbid: undefined } as unknown as typeof handlers;
  expect(handlerFor(sparse, 'outbid')).toBe(fallback);
});
