// Whatever is asked of the operator's page and API: without the password nothing is told; with it
// nothing answers 5xx, no event is found at an endpoint that is not its own, and no field of an
// event gets into the HTML unescaped.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { defineHandlers } from '../../src/consumer/define-handlers.ts';
import type { AnyEvent } from '../../src/event/envelope.ts';
import { statuses } from '../../src/ledger/status.ts';
import { encodeMessage } from '../../src/queue/message.ts';
import { Deployment } from '../platform/deployment.ts';
import type { Runtime } from '../platform/runtime.ts';
import { anyUnit } from './json-text.ts';

const PASSWORD = 'ops-token-of-the-fuzz-test';
const MARKUP = '<fuzz onload=x>';
const IDS = ['plain', '.', '..', 'a/b?c=d&e#f', '%2e%2e', '%', '"<fuzz>\'', '__proto__', 'x'.repeat(256)];
/** An endpoint that has none of the events. */
const ELSEWHERE = '&endpoint=host';
const EXPECTED = new Set([200, 202, 302, 303, 400, 401, 403, 404, 405, 409, 413]);

const texts = fc.oneof(
  fc.constantFrom(
    '',
    MARKUP,
    "' OR 1=1 --",
    '%',
    '_',
    '\u0000',
    '\ud800',
    'plain',
    'outbid',
    '__proto__',
    'x'.repeat(257),
  ),
  fc.string({ unit: anyUnit, maxLength: 20 }),
);
const numbers = fc.oneof(
  fc.constantFrom('0', '1', '-1', '1.5', '1e3', '9007199254740991', '9007199254740992', '99999999999999999', 'NaN', ''),
  fc.integer().map(String),
);
const values: Record<string, fc.Arbitrary<string>> = {
  status: fc.oneof(fc.constantFrom<string>(...statuses), texts),
  type: texts,
  endpoint: fc.oneof(fc.constant('default'), texts),
  q: texts,
  cursor: numbers,
  limit: numbers,
  id: fc.oneof(fc.constantFrom(...IDS), texts),
  replay: fc.oneof(fc.constantFrom('queued', 'failed', 'constructor'), texts),
  queued: numbers,
};
const fields = fc.array(
  fc.constantFrom(...Object.keys(values)).chain((name) => fc.tuple(fc.constant(name), values[name] ?? texts)),
  { maxLength: 5 },
);
const queries = fc.oneof(
  { weight: 6, arbitrary: fields.map((pairs) => new URLSearchParams(pairs).toString()) },
  fc.constantFrom('%', '%ff=%c0%80', 'q=%u0041', 'limit=1&limit=2', '=', '&&', 'cursor', `q=${'%ff'.repeat(100)}`),
);

const ids = fc.oneof(
  fc.constantFrom(...IDS.map(encodeSafely)),
  texts.map(encodeSafely),
  fc.constantFrom('%ff', '%', '%2f'),
);
const paths = fc.oneof(
  fc.constantFrom('', '/', '/events', '/event', '/replay', '/metrics', '/style.css'),
  fc.constantFrom(
    '/api/events',
    '/api/event',
    '/api/stats',
    '/api/feed',
    '/api/replay',
    '/api',
    '/nowhere',
    '//',
    '/%2e%2e',
    '/%ff',
  ),
  fc
    .tuple(fc.constantFrom('/events/', '/api/events/'), ids, fc.constantFrom('', '', '/replay'))
    .map((parts) => parts.join('')),
);
const targets = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(paths, queries).map((parts) => parts.join('?')) },
  fc
    .tuple(
      fc.constantFrom('/event', '/event/replay', '/api/event', '/api/event/replay'),
      ids.map((id) => `?id=${id}`),
      fc.constantFrom('', '&endpoint=default', '&endpoint=%ff', ELSEWHERE),
    )
    .map((parts) => parts.join('')),
);

const jsonBodies = fc.oneof(
  fc
    .dictionary(fc.constantFrom('status', 'type', 'q', 'cursor', 'limit', 'dryRun', '__proto__'), fc.anything())
    .map(jsonOf),
  fc.record({ status: fc.constantFrom(...statuses), dryRun: fc.boolean() }).map(jsonOf),
  fc.constantFrom('', '{', 'null', '[]', `"${'x'.repeat(5_000)}"`),
);
const bodies = fc.oneof(
  fc.tuple(fc.constant('application/json'), jsonBodies),
  fc.tuple(fc.constant('application/x-www-form-urlencoded'), queries),
  fc.tuple(fc.constantFrom('multipart/form-data', 'multipart/form-data; boundary=b', 'text/plain', ''), texts),
);
const passwords = fc.oneof(
  { weight: 4, arbitrary: fc.constant(`Basic ${btoa(`me:${PASSWORD}`)}`) },
  fc.constantFrom(
    undefined,
    'Basic',
    'Basic ===',
    `Bearer ${PASSWORD}`,
    `Basic ${btoa(PASSWORD)}`,
    `Basic ${btoa('me:')}`,
  ),
  fc.stringMatching(/^[!-~]{0,12}$/).map((guess) => `Basic ${btoa(`me:${guess}`)}`),
);
const origins = fc.constantFrom<Record<string, string>>(
  {},
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'cross-site' },
  { origin: 'https://receiver.test' },
  { origin: 'null' },
);

export async function opsProperty(runtime: Runtime) {
  const deployment = new Deployment(runtime, { VASTAI_WEBHOOK_SECRET: 'set', OPS_TOKEN: PASSWORD });
  let changed = true;
  const requests = fc.record({
    target: targets,
    method: fc.constantFrom('GET', 'GET', 'GET', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE'),
    authorization: passwords,
    origin: origins,
    body: bodies,
  });
  return fc.asyncProperty(requests, async ({ target, method, authorization, origin, body: [type, text] }) => {
    if (changed) await fill(deployment);
    changed = method === 'POST';
    const headers = { ...origin, ...(authorization && { authorization }), ...(type && { 'content-type': type }) };
    const body = method === 'GET' || method === 'HEAD' ? null : text;
    const request = new Request(`https://receiver.test/ops${target}`, { method, headers, body });
    const response = await deployment.fetch(request);
    const answer = await response.text();
    assert(EXPECTED.has(response.status), `${response.status} ${answer.slice(0, 200)}`);
    const inside = new URL(request.url).pathname.match(/^\/ops(\/|$)/) !== null;
    if (!isRight(authorization) && inside) {
      assert.equal(response.status, 401);
      assert(!answer.includes('plain') && deployment.events.messages.length === 0);
    }
    if (target.endsWith(ELSEWHERE)) assert(response.status >= 401, 'found at the wrong endpoint');
    if (response.headers.get('content-type')?.includes('html')) assert(!answer.includes('<fuzz'), 'unescaped');
  });
}

/** Whether a header carries the password, whatever the user's name. */
function isRight(authorization: string | undefined): boolean {
  const [scheme, credentials = ''] = authorization?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'basic') return false;
  const text = Buffer.from(credentials, 'base64').toString();
  return text.slice(text.indexOf(':') + 1) === PASSWORD && text.includes(':');
}

/** A ledger with something in every state that an operator can meet. */
async function fill(deployment: Deployment): Promise<void> {
  deployment.reset();
  const messages = IDS.map((id) => ({ id: `m-${id}`, body: messageOf(id), attempts: id === '.' ? 11 : 1 }));
  const handlers = defineHandlers({
    fallback: (event) => {
      if (event.id.startsWith('.')) throw new Error(MARKUP);
    },
  });
  await deployment.consume('events', messages, handlers);
  await deployment.consume('events', [{ id: 'unreadable', body: MARKUP, attempts: 1 }], handlers);
}

function messageOf(id: string): string {
  const data = { subject: MARKUP, message: MARKUP, [MARKUP]: { __proto__: null, deep: [MARKUP] } };
  const type = id === 'plain' ? 'outbid' : MARKUP.replaceAll(' ', '-');
  const event: AnyEvent = {
    id,
    type,
    endpoint: 'default',
    dialect: 'notification',
    created: '2026-01-01T00:00:00.000Z',
    data,
  };
  const message = encodeMessage({ kind: 'event', event, receivedAt: Date.now() });
  assert(message.ok);
  return message.value;
}

function encodeSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function jsonOf(value: unknown): string {
  try {
    return String(JSON.stringify(value));
  } catch {
    return '{}';
  }
}
