// Whatever lies in the queues: the consumers never throw, every message is acknowledged or sent
// back, and a sound message in the midst of junk is handled.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { defineHandlers } from '../../src/consumer/define-handlers.ts';
import type { AnyEvent } from '../../src/event/envelope.ts';
import { PermanentFailure, RetryLater } from '../../src/failures.ts';
import { encodeMessage } from '../../src/queue/message.ts';
import { Deployment } from '../platform/deployment.ts';
import type { Runtime } from '../platform/runtime.ts';
import { anyUnit, extremeText, jsonText } from './json-text.ts';

const SOUND_ID = 'sound';

const event = (id: string): AnyEvent => ({
  id,
  type: 'outbid',
  endpoint: 'default',
  dialect: 'notification',
  created: '2026-01-01T00:00:00.000Z',
  data: { subject: 's', message: 'm' },
});

function written(id: string): string {
  const message = encodeMessage({ kind: 'event', event: event(id), receivedAt: Date.now() });
  assert(message.ok);
  return message.value;
}

const refused = {
  version: 1,
  kind: 'refused',
  reason: 'timestamp_stale',
  id: 'refused',
  endpoint: 'default',
  dialect: 'notification',
  receivedAt: 0,
  headers: {},
  body: '',
};

/** A value that a queue can hold and JSON cannot spell among them. */
const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true });
const hostileTexts = fc.oneof(
  fc.constantFrom('', '\ud800', '\ud800', 'a\u0000b', 'a\u0000c', '__proto__', 'sound', 'x'.repeat(300)),
  fc.string({ unit: anyUnit, maxLength: 8 }),
);
const hostileNumbers = fc.oneof(fc.constantFrom(Number.NaN, Infinity, -0, 1.5, 1e300, -1), fc.double());

/** One field of a sound message, replaced: by its path. */
const FIELDS = [
  'version',
  'kind',
  'receivedAt',
  'event',
  'id',
  'type',
  'endpoint',
  'dialect',
  'created',
  'data',
  'body',
];
const replaced = fc
  .record({
    kind: fc.constantFrom('event', 'refused'),
    field: fc.constantFrom(...FIELDS),
    value: fc.oneof(hostileTexts, hostileNumbers, anything),
    asText: fc.boolean(),
  })
  .map(({ kind, field, value, asText }) => {
    const message = structuredClone(kind === 'event' ? JSON.parse(written('replaced')) : refused) as Record<
      string,
      unknown
    >;
    const inner = message.event as Record<string, unknown> | undefined;
    const target = inner && field in inner ? inner : message;
    target[field] = value;
    return asText ? textOf(message) : message;
  });

const damaged = fc.tuple(fc.nat(400), fc.constantFrom('', '"', '}', '\\', '0', '\u0000')).map(([at, junk]) => {
  const text = written('damaged');
  return text.slice(0, at) + junk + text.slice(at + 1);
});

const bodies = fc.oneof(
  { weight: 4, arbitrary: replaced },
  { weight: 2, arbitrary: damaged },
  fc.stringMatching(/^[!-~]{1,4}$/).map(written),
  // Ids that one layer of storage may take for another.
  fc.constantFrom('\ud800', '\ufffd', 'a\u0000b', 'a\u0000c').map(written),
  jsonText,
  jsonText.map((text) => `{"version":1,"kind":"event","event":${text},"receivedAt":1}`),
  extremeText.map(
    (text) =>
      `{"version":1,"kind":"event","event":{"id":"deep","type":"t","endpoint":"e","dialect":"resource","created":"","data":{"a":${text}}},"receivedAt":1}`,
  ),
  hostileTexts,
  anything,
  fc.uint8Array().map((bytes) => new Uint8Array(bytes).buffer),
);

/** What a handler may do to its consumer. */
const endings = fc.oneof(
  { weight: 3, arbitrary: fc.constant(() => {}) },
  anything.map((thrown) => () => {
    throw thrown;
  }),
  fc.constantFrom(
    () => {
      throw new PermanentFailure('never');
    },
    () => {
      throw new RetryLater(1e9);
    },
    () => {
      throw Object.defineProperty(new Error('hidden'), 'message', {
        get() {
          throw new Error('unreadable');
        },
      });
    },
  ),
);

export function queueProperty(runtime: Runtime) {
  const deployment = new Deployment(runtime, {});
  const batches = fc.array(fc.record({ body: bodies, attempts: fc.integer({ min: 1, max: 12 }) }), { maxLength: 4 });
  const queues = fc.constantFrom('events' as const, 'dead-letters' as const);
  return fc.asyncProperty(queues, batches, fc.nat(4), endings, async (queue, junk, place, ending) => {
    deployment.reset();
    const batch = junk.map((message, index) => ({ ...message, id: `junk-${index}` }));
    batch.splice(place, 0, { id: SOUND_ID, body: written(SOUND_ID), attempts: 1 });
    let handled = 0;
    const handlers = defineHandlers({
      fallback: (given, context) => {
        if (given.id !== SOUND_ID || context.attempt !== 1) return ending();
        handled += 1;
      },
    });
    const verdicts = await deployment.consume(queue, batch, handlers);
    const silent = verdicts.filter((verdict) => verdict === undefined);
    assert.deepEqual(silent, []);
    const sound = verdicts[batch.findIndex((message) => message.id === SOUND_ID)];
    if (queue === 'dead-letters') {
      // Nobody had run it: it goes back into the main queue.
      assert.equal(sound?.kind, 'ack');
      assert(deployment.events.messages.some((message) => message.includes(`"id":"${SOUND_ID}"`)));
    } else if (!junk.some(({ body }) => String(textOf(body)).includes(SOUND_ID))) {
      assert.deepEqual([sound?.kind, handled], ['ack', 1]);
    }
  });
}

function textOf(value: unknown): unknown {
  try {
    return typeof value === 'string' ? value : JSON.stringify(value);
  } catch {
    return value;
  }
}
