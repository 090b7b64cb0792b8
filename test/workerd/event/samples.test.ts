// Samples stand in for real deliveries in the CLI, the demo and the tests, so they must be ones.
import { describe, expect, test } from 'vitest';
import { eventTypes, isResourceType } from '../../../src/event/catalogue.ts';
import { parseEvent } from '../../../src/event/parse.ts';
import { sampleOf } from '../../../src/event/samples.ts';
import { bytesOf } from '../signed-request.ts';

const NOW = Date.parse('2026-03-02T22:20:00.123Z');

function parsed(type: string, data?: Record<string, unknown>) {
  const sample = sampleOf(type, { id: 'sample-1', now: NOW, data });
  return parseEvent({ dialect: sample.dialect, body: bytesOf(sample.body), timestamp: 0 }, 'default');
}

describe.each(eventTypes)('the sample of %s', (type) => {
  test('parses into an event of that type and of its own dialect', () => {
    expect(parsed(type)).toMatchObject({
      ok: true,
      value: {
        id: 'sample-1',
        type,
        endpoint: 'default',
        dialect: isResourceType(type) ? 'resource' : 'notification',
        created: '2026-03-02T22:20:00.123Z',
      },
    });
  });

  test('carries data to show', () => {
    const event = parsed(type);
    const expected = isResourceType(type)
      ? { instance_id: expect.any(Number) }
      : { subject: expect.stringMatching(/\w/), message: expect.stringMatching(/\w/), user_id: expect.any(Number) };
    expect(event.ok && event.value.data).toMatchObject(expected);
  });
});

test.each(['never_heard_of', 'constructor', '__proto__', 'toString'])(
  'a type unknown to us, %s, has a sample',
  (type) => {
    expect(parsed(type)).toMatchObject({ ok: true, value: { type, dialect: 'notification' } });
  },
);

test.each(['outbid', 'resource.updated'])('a sample of %s takes fields of the caller', (type) => {
  expect(parsed(type, { note: 'mine' })).toMatchObject({ ok: true, value: { data: { note: 'mine' } } });
});
