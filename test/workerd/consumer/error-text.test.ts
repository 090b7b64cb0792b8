// What an error may say in a log line or a record: nothing that stands in the payload or in a secret.
import { env as testEnv } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { describeError } from '../../../src/consumer/error-text.ts';
import type { Env } from '../../../src/env.ts';
import { sampleEvent } from './sample-event.ts';

const SECRET = 'whsec-unmistakable';
const env: Env = { ...testEnv, VASTAI_WEBHOOK_SECRET: SECRET };
const TEXT = 'Instance 4711 on machine 812 was outbid by the neighbours';
const event = sampleEvent({
  data: { subject: 'Gone', message: TEXT, nested: [{ deep: 'deep-value' }], amount: 123456.78 },
  extra: { region: 'eu-north-77' },
});
const describeMessage = (message: string) => describeError(new Error(message), event, env);

test('an error that quotes nothing keeps its name and message', () => {
  expect(describeError(new TypeError("Cannot read properties of undefined (reading 'id')"), event, env)).toBe(
    "TypeError: Cannot read properties of undefined (reading 'id')",
  );
});

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
  expect(describeError(error, event, env)).toBe('[redacted]: no');
});

test("a parser's error does not say what it could not parse", () => {
  let thrown: unknown;
  try {
    JSON.parse(TEXT);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SyntaxError);
  const text = describeError(thrown, event, env);
  for (const part of ['Instance', '4711', '812']) expect(text).not.toContain(part);
});

test('what is thrown without being an error is not shown', () => {
  expect(describeError({ message: 'secret things' }, event, env)).toBe('thrown object');
});

test('a text is bounded', () => {
  expect(describeMessage('y'.repeat(10_000))).toHaveLength(300);
});

test('a payload nested deeper than the stack is searched all the same', () => {
  const deep = JSON.parse(`${'['.repeat(30_000)}"deepest-value"${']'.repeat(30_000)}`) as unknown;
  const text = describeError(new Error('saw deepest-value'), sampleEvent({ data: { deep } }), env);
  expect(text).toBe('Error: saw [redacted]');
});
