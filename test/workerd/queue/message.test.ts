// The message format: what one side writes the other reads, and nothing else is taken for a
// message.
import { describe, expect, test } from 'vitest';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { parseEvent } from '../../../src/event/parse.ts';
import { MAX_MESSAGE_BYTES, MAX_NESTING } from '../../../src/limits.ts';
import { decodeMessage, encodeMessage, type Message } from '../../../src/queue/message.ts';
import { bytesOf } from '../signed-request.ts';

const event: AnyEvent = {
  id: 'e1',
  type: 'outbid',
  endpoint: 'default',
  dialect: 'notification',
  created: '2026-03-02T22:20:00.000Z',
  data: { subject: 'Outbid 🚀', nested: { deep: [1, null] } },
};

const messages: Message[] = [
  { kind: 'event', event, receivedAt: 1 },
  { kind: 'event', event: { ...event, dialect: 'observed', endpoint: 'patrol' }, receivedAt: 1 },
  { kind: 'event', event: { ...event, dialect: 'resource', extra: { region: 'eu' } }, receivedAt: 1 },
  {
    kind: 'refused',
    reason: 'timestamp_stale',
    id: 'e1',
    endpoint: 'host',
    dialect: 'resource',
    receivedAt: 2,
    headers: { 'x-vastai-timestamp': '1' },
    body: 'e30=',
    event,
  },
  {
    kind: 'refused',
    reason: 'body_not_json',
    id: 'sha256:00',
    endpoint: 'host',
    dialect: 'resource',
    receivedAt: 2,
    headers: {},
    body: '',
  },
];

function encoded(message: Message): string {
  const text = encodeMessage(message);
  if (!text.ok) throw new Error(text.failure);
  return text.value;
}

test.each(messages)('a message of kind $kind comes back as it was written', (message) => {
  expect(decodeMessage(encoded(message))).toEqual({ ok: true, value: message });
});

test('an event whose data has a key named __proto__ comes back whole', () => {
  const parsed = parseEvent(
    { dialect: 'notification', timestamp: 0, body: bytesOf('{"event_id":"e","notif_type":"t","__proto__":{"a":1}}') },
    'default',
  );
  if (!parsed.ok) throw new Error('the event of this test must parse');
  const decoded = decodeMessage(encoded({ kind: 'event', event: parsed.value, receivedAt: 1 }));
  if (!decoded.ok || decoded.value.kind !== 'event') throw new Error('must decode as an event');
  expect(Object.entries(decoded.value.event.data)).toEqual([['__proto__', { a: 1 }]]);
});

describe('the size of a message', () => {
  const withText = (text: string): Message => ({ kind: 'event', event: { ...event, data: { text } }, receivedAt: 1 });
  // The empty message is ASCII but for the rest of the event, which is the same in all of them.
  const emptySize = bytesOf(encoded(withText(''))).byteLength;
  const roomFor = MAX_MESSAGE_BYTES - emptySize;

  test.each([
    ['ASCII', 'a', 1],
    ['two-byte', 'é', 2],
    ['three-byte', '€', 3],
    ['four-byte', '🚀', 4],
  ])('is measured in bytes of UTF-8, here of %s characters', (_, character, bytes) => {
    const fitting = character.repeat(Math.floor(roomFor / bytes));
    expect(encodeMessage(withText(fitting)).ok).toBe(true);
    expect(encodeMessage(withText(fitting + character))).toEqual({ ok: false, failure: 'message_too_large' });
  });

  test('may exceed the limit although the body did not, where JSON spells numbers longer than they came', () => {
    const body = bytesOf(`{"event_id":"e","notif_type":"t","n":[${'1e20,'.repeat(12_000)}1]}`);
    expect(body.byteLength).toBeLessThan(65_536);
    const parsed = parseEvent({ dialect: 'notification', body, timestamp: 0 }, 'default');
    if (!parsed.ok) throw new Error('the event of this test must parse');
    expect(encodeMessage({ kind: 'event', event: parsed.value, receivedAt: 1 })).toEqual({
      ok: false,
      failure: 'message_too_large',
    });
  });
});

test('an event nested as deep as allowed is written, and read again', () => {
  const deep = JSON.parse(`${'['.repeat(MAX_NESTING - 2)}0${']'.repeat(MAX_NESTING - 2)}`) as unknown;
  const message: Message = { kind: 'event', event: { ...event, data: { deep } }, receivedAt: 1 };
  expect(decodeMessage(encoded(message))).toEqual({ ok: true, value: message });
});

test.each([MAX_NESTING - 1, 30_000])(
  'an event whose data is nested %d levels deep is refused, not thrown',
  (levels) => {
    const deep = JSON.parse(`${'['.repeat(levels)}0${']'.repeat(levels)}`) as unknown;
    const written = encodeMessage({ kind: 'event', event: { ...event, data: { deep } }, receivedAt: 1 });
    expect(written.ok ? 'written' : written.failure).toBe('message_too_deep');
  },
);

describe('decoding what is not one of our messages', () => {
  const valid = JSON.parse(encoded(messages[0] as Message)) as Record<string, unknown>;

  test.each(['', '{', 'nonsense', '{"version":1'])('calls the text "%s" not JSON', (text) => {
    expect(decodeMessage(text)).toEqual({ ok: false, failure: 'message_not_json' });
  });

  test.each([[null], [undefined], [7], [true], ['null'], ['"text"'], ['7']])('calls %j malformed', (body) => {
    expect(decodeMessage(body)).toEqual({ ok: false, failure: 'message_malformed' });
  });

  test('knows a newer version when it sees one', () => {
    expect(decodeMessage(JSON.stringify({ ...valid, version: 3 }))).toEqual({
      ok: false,
      failure: 'message_version_newer',
    });
  });

  test('what patrol tells carries a version that an older Worker does not bury', () => {
    const versionOf = (dialect: AnyEvent['dialect']) => {
      const encoded = encodeMessage({ kind: 'event', event: { ...event, dialect }, receivedAt: 1 });
      return encoded.ok && JSON.parse(encoded.value).version;
    };
    expect([versionOf('observed'), versionOf('notification'), versionOf('resource')]).toEqual([2, 1, 1]);
  });

  test.each([[0], [1.5], ['1'], [null], [undefined]])('does not know version %j', (version) => {
    expect(decodeMessage(JSON.stringify({ ...valid, version }))).toEqual({
      ok: false,
      failure: 'message_version_unknown',
    });
  });

  test.each([
    ['without a kind', { ...valid, kind: undefined }],
    ['of an unknown kind', { ...valid, kind: 'constructor' }],
    ['without an event', { ...valid, event: undefined }],
    ['whose event is null', { ...valid, event: null }],
    ['whose event has no id', { ...valid, event: { ...event, id: undefined } }],
    ['whose event has a numeric type', { ...valid, event: { ...event, type: 7 } }],
    ['whose dialect is unknown', { ...valid, event: { ...event, dialect: 'other' } }],
    ['whose data is null', { ...valid, event: { ...event, data: null } }],
    ['received at no time', { ...valid, receivedAt: 'now' }],
    ['received later than any date', { ...valid, receivedAt: 1e300 }],
    ['whose id is half a character', { ...valid, event: { ...event, id: '\ud800' } }],
    ['whose id holds a NUL', { ...valid, event: { ...event, id: 'a\u0000b' } }],
  ])('calls a message %s malformed', (_, body) => {
    expect(decodeMessage(JSON.stringify(body))).toEqual({ ok: false, failure: 'message_malformed' });
  });

  test('calls an object that JSON cannot spell not JSON', () => {
    expect(decodeMessage({ ...valid, receivedAt: 1n })).toEqual({ ok: false, failure: 'message_not_json' });
  });

  test.each([
    ['receivedAt', ['0', '1', '8.64e15'], ['-1', '1.5', '8640000000000001', '1e20', '"5"', 'true', 'null', '[5]']],
    ['ageSeconds', ['0', '301', '-301'], ['1.5', '1e20', '"5"', 'true', 'null']],
  ])('takes as %s whole numbers alone, within their bounds', (field, good, bad) => {
    const of = { id: 'one', endpoint: 'default', dialect: 'notification', receivedAt: 5, headers: {}, body: '' };
    const read = (json: string) =>
      decodeMessage(
        JSON.stringify({ version: 1, kind: 'refused', reason: 'r', ...of, [field]: '@' }).replace('"@"', json),
      );
    for (const json of good) expect(read(json), json).toMatchObject({ ok: true });
    for (const json of bad) expect(read(json), json).toEqual({ ok: false, failure: 'message_malformed' });
  });

  test('calls a message nested deeper than any we write malformed', () => {
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const text = JSON.stringify({ ...valid, event: { ...event, data: { deep: 'HERE' } } }).replace('"HERE"', deep);
    expect(decodeMessage(text)).toEqual({ ok: false, failure: 'message_malformed' });
  });

  test('reads a message that arrives as an object', () => {
    expect(decodeMessage(valid)).toEqual({ ok: true, value: messages[0] });
  });
});
