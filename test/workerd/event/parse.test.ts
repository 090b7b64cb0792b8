// What makes a proven body an event, what is tolerated, and what is refused.
import { describe, expect, test } from 'vitest';
import { type ParseFailure, parseEvent } from '../../../src/event/parse.ts';
import { bytesOf, DIALECTS } from '../signed-request.ts';

const SIGNED_AT = 1_772_490_000;
const SIGNED_AT_ISO = '2026-03-02T22:20:00.000Z';

const bodies = {
  notification: { event_id: 'e1', user_id: 123, notif_type: 'outbid', subject: 's', message: 'm', timestamp: 1.5 },
  resource: { id: 'e1', type: 'resource.created', data: { gpu: 'RTX 4090' }, created: '2026-01-11T22:30:00Z' },
};
const fields = { notification: { id: 'event_id', type: 'notif_type' }, resource: { id: 'id', type: 'type' } };

function parse(dialect: 'notification' | 'resource', body: unknown) {
  const bytes = body instanceof Uint8Array ? body : bytesOf(typeof body === 'string' ? body : JSON.stringify(body));
  return parseEvent({ dialect, body: bytes, timestamp: SIGNED_AT }, 'default');
}

function parsed(dialect: 'notification' | 'resource', body: unknown) {
  const event = parse(dialect, body);
  if (!event.ok) throw new Error(`refused: ${event.failure.issues.join('; ')}`);
  return event.value;
}

function refused(dialect: 'notification' | 'resource', body: unknown): ParseFailure {
  const event = parse(dialect, body);
  if (event.ok) throw new Error('accepted');
  return event.failure;
}

test('a notification becomes an envelope whose data is the body less id, type and time', () => {
  expect(parsed('notification', bodies.notification)).toEqual({
    id: 'e1',
    type: 'outbid',
    endpoint: 'default',
    dialect: 'notification',
    created: '1970-01-01T00:00:01.500Z',
    data: { user_id: 123, subject: 's', message: 'm' },
  });
});

test("a resource event becomes an envelope whose data is the body's data", () => {
  expect(parsed('resource', bodies.resource)).toEqual({
    id: 'e1',
    type: 'resource.created',
    endpoint: 'default',
    dialect: 'resource',
    created: '2026-01-11T22:30:00.000Z',
    data: { gpu: 'RTX 4090' },
  });
});

describe.each(DIALECTS)('parsing the %s dialect', (dialect) => {
  const valid = bodies[dialect];
  const { id, type } = fields[dialect];

  test.each([
    ['one character', 'a'],
    ['256 characters', 'x'.repeat(256)],
    ['every printable ASCII sign', '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'],
    ['the name of a prototype', '__proto__'],
  ])('accepts an id of %s', (_, value) => {
    expect(parsed(dialect, { ...valid, [id]: value }).id).toBe(value);
  });

  test.each([
    ['empty', '', 'must not be empty'],
    ['of 257 characters', 'x'.repeat(257), 'must be at most 256 characters'],
    ['with a space', 'a b', 'must be printable ASCII without spaces'],
    ['with a line feed behind it', 'a\n', 'must be printable ASCII without spaces'],
    ['with a NUL', 'a\0', 'must be printable ASCII without spaces'],
    ['beyond ASCII', 'é', 'must be printable ASCII without spaces'],
    ['a number', 7, 'must be a string'],
    ['null', null, 'must be a string'],
    ['an array', ['a'], 'must be a string'],
    ['missing', undefined, 'is required'],
  ])('refuses an id that is %s', (_, value, problem) => {
    const failure = refused(dialect, { ...valid, [id]: value });
    expect(failure.reason).toBe('event_invalid');
    expect(failure.issues).toContain(`${id} ${problem}`);
  });

  test.each([
    ['of 129 characters', 'x'.repeat(129), 'must be at most 128 characters'],
    ['with a space', 'a b', 'must be printable ASCII without spaces'],
    ['a number', 7, 'must be a string'],
    ['missing', undefined, 'is required'],
  ])('refuses a type that is %s', (_, value, problem) => {
    const failure = refused(dialect, { ...valid, [type]: value });
    expect(failure.reason).toBe('event_invalid');
    expect(failure.issues).toContain(`${type} ${problem}`);
  });

  test('names every field that is wrong', () => {
    expect(refused(dialect, {}).issues).toEqual([`${id} is required`, `${type} is required`]);
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'fallback', 'x'.repeat(128)])(
    'takes the type %s as data',
    (name) => {
      expect(parsed(dialect, { ...valid, [type]: name }).type).toBe(name);
    },
  );

  test('does not take an inherited name for a field', () => {
    expect(refused(dialect, '{"__proto__":{"event_id":"e1","notif_type":"t","id":"e1","type":"t"}}').issues).toEqual([
      `${id} is required`,
      `${type} is required`,
    ]);
  });

  test('ignores a byte order mark', () => {
    const body = Uint8Array.of(0xef, 0xbb, 0xbf, ...bytesOf(JSON.stringify(valid)));
    expect(parsed(dialect, body).id).toBe('e1');
  });

  test.each([
    ['a byte that is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['a surrogate in UTF-8', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0)],
  ])('refuses %s', (_, body) => {
    expect(refused(dialect, body)).toEqual({ reason: 'body_not_utf8', issues: ['body must be UTF-8'] });
  });

  test.each(['', 'nonsense', '{', "{'id':1}", '{} {}', 'NaN'])('refuses the text "%s" as not JSON', (body) => {
    expect(refused(dialect, body)).toEqual({ reason: 'body_not_json', issues: ['body must be JSON'] });
  });

  test.each(['null', '1', '"text"', 'true', '[]', '[{}]'])('refuses the JSON %s as no object', (body) => {
    expect(refused(dialect, body)).toEqual({ reason: 'body_not_object', issues: ['body must be a JSON object'] });
  });

  test('parses a body nested deeper than the stack', () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000);
    const body = JSON.stringify({ ...valid, [id]: 'deep' }).replace(/}$/, `,"deep":${deep}}`);
    expect(parsed(dialect, body).id).toBe('deep');
  });

  test.each([
    ['a field too long', { [id]: 'MARKER'.repeat(100), [type]: 'MARKER'.repeat(100) }],
    ['a field of the wrong kind', { [id]: { MARKER: 1 }, [type]: ['MARKER'] }],
    ['a field with a space', { [id]: 'a MARKER', [type]: 'MARKER b' }],
    ['broken JSON', '{"MARKER": MARKER}'],
    ['no object', '"MARKER"'],
  ])('never quotes the body, here over %s', (_, body) => {
    expect(JSON.stringify(refused(dialect, body))).not.toContain('MARKER');
  });
});

describe('what a notification carries beside the known fields', () => {
  test('is kept', () => {
    const { data } = parsed('notification', { ...bodies.notification, severity: 'high', nested: { deep: [1] } });
    expect(data).toMatchObject({ severity: 'high', nested: { deep: [1] } });
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'is kept as data of its own under the name %s',
    (name) => {
      const { data } = parsed('notification', `{"event_id":"e1","notif_type":"t","${name}":{"polluted":true}}`);
      expect(Object.getOwnPropertyDescriptor(data, name)?.value).toEqual({ polluted: true });
      expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    },
  );

  test('may lack user_id, subject and message', () => {
    expect(parsed('notification', { event_id: 'e1', notif_type: 't' }).data).toEqual({});
  });
});

describe('what a resource event carries beside the known fields', () => {
  test('is kept as extra', () => {
    expect(parsed('resource', { ...bodies.resource, region: 'eu' }).extra).toEqual({ region: 'eu' });
  });

  test.each(['__proto__', 'constructor'])('is kept as an own field of extra under the name %s', (name) => {
    const { extra = {} } = parsed('resource', `{"id":"e1","type":"t","${name}":{"polluted":true}}`);
    expect(Object.getOwnPropertyDescriptor(extra, name)?.value).toEqual({ polluted: true });
    expect(Object.getPrototypeOf(extra)).toBe(Object.prototype);
  });

  test.each([[null], [7], ['text'], [[1, 2]]])('has data that is no object, %j, in extra', (data) => {
    const event = parsed('resource', { ...bodies.resource, data });
    expect(event.data).toEqual({});
    expect(event.extra).toEqual({ data });
  });

  test('may lack data', () => {
    const event = parsed('resource', { id: 'e1', type: 't' });
    expect(event.data).toEqual({});
    expect(event.extra).toBeUndefined();
  });
});

describe('the time of an event', () => {
  test.each([
    ['a fraction of a second', 1772490000.123, '2026-03-02T22:20:00.123Z'],
    ['microseconds, rounded', 1772490000.1238, '2026-03-02T22:20:00.124Z'],
    ['whole seconds', 1772490000, '2026-03-02T22:20:00.000Z'],
    ['zero', 0, '1970-01-01T00:00:00.000Z'],
  ])("is a notification's timestamp: %s", (_, timestamp, created) => {
    const event = parsed('notification', { ...bodies.notification, timestamp });
    expect(event.created).toBe(created);
    expect(event.data).not.toHaveProperty('timestamp');
  });

  test.each([[1e20], ['1772490000'], [null], [{ at: 1 }]])(
    'is the signed one where the timestamp is %j, which is kept',
    (timestamp) => {
      const event = parsed('notification', { ...bodies.notification, timestamp });
      expect(event.created).toBe(SIGNED_AT_ISO);
      expect(event.data.timestamp).toEqual(timestamp);
    },
  );

  test('is the signed one where the body has none', () => {
    expect(parsed('notification', { event_id: 'e1', notif_type: 't' }).created).toBe(SIGNED_AT_ISO);
    expect(parsed('resource', { id: 'e1', type: 't' }).created).toBe(SIGNED_AT_ISO);
  });

  test.each([
    ['2026-01-11T22:30:00Z', '2026-01-11T22:30:00.000Z'],
    ['2026-01-11T22:30:00+02:00', '2026-01-11T20:30:00.000Z'],
  ])("is a resource event's created, %s, in UTC", (text, created) => {
    const event = parsed('resource', { ...bodies.resource, created: text });
    expect(event.created).toBe(created);
    expect(event.extra).toBeUndefined();
  });

  test.each([['yesterday'], ['11 January 2026'], ['2026-13-45T99:00:00Z'], [1772490000], [null]])(
    'is the signed one where created is %j, which is kept',
    (created) => {
      const event = parsed('resource', { ...bodies.resource, created });
      expect(event.created).toBe(SIGNED_AT_ISO);
      expect(event.extra).toEqual({ created });
    },
  );

  test('is a time even for the latest timestamp that a header can hold', () => {
    const body = bytesOf('{"id":"e1","type":"t"}');
    const event = parseEvent({ dialect: 'resource', body, timestamp: 999_999_999_999 }, 'default');
    expect(event).toMatchObject({ ok: true, value: { created: '+033658-09-27T01:46:39.000Z' } });
  });
});
