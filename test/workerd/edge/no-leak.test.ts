// Whatever becomes of a delivery, neither a log line nor an answer tells its payload, its signature
// or a secret.
import { afterEach, expect, test, vi } from 'vitest';
import { collectConsole } from '../fakes/console.ts';
import { schemes, signedRequest, WEBHOOK_URL } from '../signed-request.ts';
import { type Receiver, receiver } from './receiver.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const SECRET = 'UnmistakableSecret';
const SECOND_SECRET = 'UnmistakableSecondSecret';
// Line feeds and " at " tempt whoever looks for a stack frame in an error's text.
const PAYLOAD = 'UnmistakablePayload\n    at UnmistakablePayload (file:1:1)';
const FIELD = 'UnmistakableField';

const body = JSON.stringify({ event_id: 'leak-1', notif_type: 'outbid', subject: PAYLOAD, [FIELD]: [PAYLOAD] });
const refuse = () => Promise.reject(new Error('Queue overloaded (10250)'));

const situations: [string, () => Promise<Request>, ((world: Receiver) => void)?][] = [
  ['is accepted', () => signedRequest({ body, secret: SECRET })],
  [
    'claims another id in its header',
    () => signedRequest({ body, secret: SECRET, headers: { 'X-Vast-Event-Id': PAYLOAD.slice(0, 19) } }),
  ],
  ['is a duplicate', () => signedRequest({ body, secret: SECRET }), ({ seen }) => seen.get.mockResolvedValue('1')],
  ['is forged', () => signedRequest({ body, secret: 'a guess' })],
  [
    'has a malformed signature',
    () =>
      signedRequest({
        body,
        secret: SECRET,
        tamper: (headers) => headers.set(schemes.notification.signatureHeader, SECRET),
      }),
  ],
  [
    'has a malformed timestamp',
    () =>
      signedRequest({
        body,
        secret: SECRET,
        tamper: (headers) => headers.set(schemes.notification.timestampHeader, FIELD),
      }),
  ],
  ['is late', () => signedRequest({ body, secret: SECRET, ageSeconds: 900 })],
  [
    'is late and cannot be kept',
    () => signedRequest({ body, secret: SECRET, ageSeconds: 900 }),
    ({ deadLetters }) => deadLetters.send.mockImplementation(refuse),
  ],
  ['is not JSON', () => signedRequest({ body: `${body}${PAYLOAD}`, secret: SECRET })],
  ['is a JSON text', () => signedRequest({ body: JSON.stringify(PAYLOAD), secret: SECRET })],
  [
    'has an id of the wrong kind',
    () => signedRequest({ body: JSON.stringify({ event_id: [PAYLOAD], notif_type: { [FIELD]: 1 } }), secret: SECRET }),
  ],
  [
    'has an id with spaces',
    () => signedRequest({ body: JSON.stringify({ event_id: PAYLOAD, notif_type: PAYLOAD }), secret: SECRET }),
  ],
  ['is too large', () => signedRequest({ body: PAYLOAD.repeat(3_000), secret: SECRET })],
  [
    'finds the queue refusing',
    () => signedRequest({ body, secret: SECRET }),
    ({ events }) => events.send.mockImplementation(refuse),
  ],
  [
    'finds KV out',
    () => signedRequest({ body, secret: SECRET }),
    ({ seen }) => {
      seen.get.mockImplementation(refuse);
      seen.put.mockImplementation(refuse);
    },
  ],
  [
    'meets something unforeseen that quotes it',
    () => signedRequest({ body, secret: SECRET }),
    ({ env }) => {
      Object.defineProperty(env, 'EVENTS', {
        get: () => {
          throw new Error(`${PAYLOAD} ${SECRET}\n    at ${PAYLOAD}`);
        },
      });
    },
  ],
  ['goes to no endpoint', () => signedRequest({ body, secret: SECRET, url: `${WEBHOOK_URL}/${FIELD}` })],
  ['goes to an endpoint without a secret', () => signedRequest({ body, secret: SECRET, url: `${WEBHOOK_URL}/host` })],
];

test.each(situations)('a delivery that %s leaks nothing', async (_, request, prepare) => {
  const output = collectConsole();
  const world = receiver({ VASTAI_WEBHOOK_SECRET: SECRET, VASTAI_WEBHOOK_SECRET_2: SECOND_SECRET });
  prepare?.(world);
  const delivery = await request();
  const signature = delivery.headers.get(schemes.notification.signatureHeader)?.replace('sha256=', '');
  const response = await world.deliver(delivery);
  const told = [await response.text(), ...[...response.headers].flat(), ...output.lines()].join('\n');
  expect(told).not.toContain('Unmistakable');
  expect(told).not.toContain(signature);
});

test('every line is JSON that names its event first', async () => {
  const output = collectConsole();
  for (const [, request, prepare] of situations) {
    const world = receiver({ VASTAI_WEBHOOK_SECRET: SECRET });
    prepare?.(world);
    await world.deliver(await request());
  }
  expect(output.lines().length).toBeGreaterThan(situations.length / 2);
  for (const line of output.lines()) expect(line).toMatch(/^\{"event":"(webhook|seen)\.[a-z]+"/);
});

test.each([
  ['webhook.accepted', {}, () => {}],
  ['webhook.duplicate', {}, ({ seen }: Receiver) => seen.get.mockResolvedValue('1')],
  ['webhook.refused', { ageSeconds: 900 }, () => {}],
  ['webhook.quarantined', { ageSeconds: 900 }, () => {}],
] as const)('%s says which event it is about', async (event, options, prepare) => {
  const output = collectConsole();
  const world = receiver({ VASTAI_WEBHOOK_SECRET: SECRET });
  prepare(world);
  await world.deliver(await signedRequest({ body, secret: SECRET, ...options }));
  expect(output.events()).toContainEqual(
    expect.objectContaining({ event, id: 'leak-1', type: 'outbid', endpoint: 'default' }),
  );
});
