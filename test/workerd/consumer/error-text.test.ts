// What an error may say in a log line or a record: nothing that stands in the payload or in a
// secret.
import { env as testEnv } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { describeError } from '../../../src/consumer/error-text.ts';
import type { Env } from '../../../src/env.ts';
import { MAX_ERROR_LENGTH } from '../../../src/limits.ts';
import { sampleEvent } from './sample-event.ts';

const SECRET = 'whsec-unmistakable';
const env: Env = { ...testEnv, VASTAI_WEBHOOK_SECRET: SECRET };
const TEXT = 'Instance 4711 on machine 812 was outbid by the neighbours';
const event = sampleEvent({
  data: { subject: 'Gone', message: TEXT, nested: [{ deep: 'deep-value' }], amount: 123456.78 },
  extra: { region: 'eu-north-77' },
});
const toldOf = (error: unknown, about = event) => describeError(error, about, env).told.replace(/ \(at .*$/, '');
const keptOf = (error: unknown) => describeError(error, event, env).kept;
const describeMessage = (message: string) => toldOf(new Error(message));

test('an error that quotes nothing keeps its name and message', () => {
  expect(toldOf(new TypeError("Cannot read properties of undefined (reading 'id')"))).toBe(
    "TypeError: Cannot read properties of undefined (reading 'id')",
  );
});

test('a secret in the place that an error was thrown at is not even kept', () => {
  const error = new Error('no');
  error.stack = `Error: no\n    at ${SECRET} (file:///src/handlers/index.ts:7:11)`;
  expect(keptOf(error)).toBe('Error: no (at [redacted] src/handlers/index.ts:7:11)');
});

test('of a place in the bundle of wrangler, nobody learns in whose directory it is', () => {
  const error = new Error('no');
  error.stack = 'Error: no\n    at outbid (file:///home/me/clone/.wrangler/tmp/dev-1/index.js:7:11)';
  expect(keptOf(error)).toBe('Error: no (at outbid index.js:7:11)');
});

test.each([[['Anna', 'Anna Lind']], [['Anna Lind', 'Anna']]])(
  'of the short values %j, one inside the other, nothing is left',
  (values) => {
    const about = sampleEvent({ data: { ...values } });
    expect(toldOf(new Error('no account of Anna Lind'), about)).toBe('Error: no account of [redacted]');
  },
);

describe.each([
  ['a whole text', TEXT],
  ['a part of a text', 'was outbid by the neighb'],
  ['a short text', 'Gone'],
  ['a nested value', 'deep-value'],
  ['a number', '123456.78'],
  ['a field outside the envelope', 'eu-north-77'],
  ['a secret', SECRET],
])('an error that quotes %s', (_, quoted) => {
  test.each([
    ['alone', quoted],
    ['in the middle', `could not post "${quoted}" to the chat`],
    ['twice', `${quoted} is not ${quoted}`],
  ])('%s has it cut out', (_place, message) => {
    const text = describeMessage(message);
    expect(text).toContain('[redacted]');
    expect(text).not.toContain(quoted);
  });
});

test('what surrounds a quotation stays', () => {
  expect(describeMessage(`could not post "${TEXT}" to the chat`)).toBe(
    'Error: could not post "[redacted]" to the chat',
  );
});

test('an error that quotes the payload in its name has it cut out', () => {
  const error = new Error('no');
  error.name = TEXT;
  expect(toldOf(error)).toBe('[redacted]: no');
});

test("a parser's error does not say what it could not parse", () => {
  let thrown: unknown;
  try {
    JSON.parse(TEXT);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SyntaxError);
  const text = toldOf(thrown);
  for (const part of ['Instance', '4711', '812']) expect(text).not.toContain(part);
});

test('of what is thrown without being an error or a text only the kind is shown', () => {
  expect(toldOf({ message: 'secret things' })).toBe('thrown object');
});

test('a text is bounded', () => {
  const { kept, told } = describeError(new Error('y'.repeat(10_000)), event, env);
  expect(kept).toHaveLength(300);
  expect(told.length).toBeLessThanOrEqual(300);
});

test('a payload nested deeper than the stack is searched all the same', () => {
  const deep = JSON.parse(`${'['.repeat(30_000)}"deepest-value"${']'.repeat(30_000)}`) as unknown;
  const text = toldOf(new Error('saw deepest-value'), sampleEvent({ data: { deep } }));
  expect(text).toBe('Error: saw [redacted]');
});

describe('a quotation in other clothes', () => {
  test.each([
    ['percent-encoded', encodeURIComponent(TEXT)],
    ['as a form spells it', encodeURIComponent(TEXT).replaceAll('%20', '+')],
    ['in upper case', TEXT.toUpperCase()],
    ['in base64', btoa(TEXT)],
    ['in base64, one byte further on', btoa(`x${TEXT}`)],
    ['in base64, two bytes further on', btoa(`xx${TEXT}`)],
    ['in base64url', btoa(`${TEXT}?>?>`).replaceAll('+', '-').replaceAll('/', '_')],
    ['in hex', new TextEncoder().encode(TEXT).toHex()],
    ['as JSON', JSON.stringify(TEXT)],
  ])('is cut out where it is told: %s', (_, quoted) => {
    const text = describeMessage(`cannot open https://example.com/?q=${quoted} now`);
    expect(text).toContain('[redacted]');
    for (let at = 0; at + 16 <= quoted.length; at += 1) expect(text).not.toContain(quoted.slice(at, at + 16));
  });

  test('is cut out of what is kept only where it is a secret', () => {
    expect(keptOf(new Error(`GET /?key=${btoa(SECRET)} failed`))).not.toContain(btoa(SECRET).slice(0, 16));
    expect(keptOf(new Error(`GET /?text=${btoa(TEXT)} failed`))).toContain(btoa(TEXT));
  });
});

describe('what is kept', () => {
  test('says all that the error says, and the line it was thrown at', () => {
    expect(keptOf(new Error('instance 4711 is not running'))).toMatch(
      /^Error: instance 4711 is not running \(at .*error-text\.test\.ts:\d+:\d+\)$/,
    );
  });

  test('shows a text that was thrown', () => {
    expect(keptOf('instance 4711 is gone')).toBe('instance 4711 is gone');
  });

  test('keeps its line however long the message is', () => {
    expect(keptOf(new Error('y'.repeat(10_000)))).toMatch(/\(at .*error-text\.test\.ts:\d+:\d+\)$/);
  });
});

test.each(['password_reset', 'password_changed_by_a_type_yet_to_come'])(
  'of a confidential type such as %s only the name of the error is told',
  (type) => {
    const critical = sampleEvent({ type });
    expect(toldOf(new TypeError('cannot open the link'), critical)).toBe('TypeError');
    expect(toldOf('cannot open the link', critical)).toBe('Error');
  },
);

test('a quotation that the length limit cuts in two is not told in part', () => {
  const mail = 'alice.smith@example.test';
  const about = sampleEvent({ data: { message: mail } });
  for (let before = 100; before < MAX_ERROR_LENGTH; before += 1) {
    expect(toldOf(new Error(`${'#'.repeat(before)}${mail}`), about)).not.toContain('alic');
  }
});

test('a thrown string of a security-critical event is not told, even where it begins like a name', () => {
  const about = sampleEvent({ type: 'password_reset', data: { message: 'Your code is 482913: do not share it' } });
  expect(toldOf('482913: do not share it', about)).toBe('Error');
});
