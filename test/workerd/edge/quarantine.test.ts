// What is refused although its signature is genuine is kept first: once, whole, and without marking
// its id.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MAX_BODY_BYTES, MAX_KEPT_HEADER_LENGTH, QUARANTINED_TTL_SECONDS } from '../../../src/limits.ts';
import { collectConsole } from '../fakes/console.ts';
import { bodyOfSize, bytesOf, signedRequest } from '../signed-request.ts';
import { ACCEPTED, answerOf, STALE, TOO_LARGE, UNAVAILABLE } from './answers.ts';
import { receiver } from './receiver.ts';

beforeEach(() => {
  collectConsole();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe.each([
  ['late', 900, 'timestamp_stale'],
  ['early', -900, 'timestamp_ahead'],
])('a genuine delivery that is too %s', (_, ageSeconds, reason) => {
  test('is refused and kept whole', async () => {
    const { deliver, kept, events } = receiver();
    const request = await signedRequest({ id: 'odd-time', ageSeconds, headers: { 'X-Vast-Delivery-Attempt': '3' } });
    const body = new Uint8Array(await request.clone().arrayBuffer());
    expect(await answerOf(await deliver(request))).toEqual(STALE);
    expect(events.send).not.toHaveBeenCalled();
    expect(kept()).toEqual([
      {
        kind: 'refused',
        reason,
        id: 'odd-time',
        endpoint: 'default',
        dialect: 'notification',
        receivedAt: expect.any(Number),
        ageSeconds: expect.closeTo(ageSeconds, -1),
        headers: {
          'content-type': 'application/json',
          'x-vast-signature-256': request.headers.get('X-Vast-Signature-256'),
          'x-vast-timestamp': request.headers.get('X-Vast-Timestamp'),
          'x-vast-delivery-attempt': '3',
        },
        body: body.toBase64(),
        event: expect.objectContaining({ id: 'odd-time', type: 'outbid' }),
      },
    ]);
  });

  test('is kept once per id and day', async () => {
    const { deliver, kept, seen } = receiver();
    for (let copy = 0; copy < 3; copy += 1) {
      expect(await answerOf(await deliver(await signedRequest({ id: 'odd-time', ageSeconds })))).toEqual(STALE);
    }
    expect(kept()).toHaveLength(1);
    expect([...seen.entries]).toEqual([
      ['vastai:quarantined:odd-time', { value: '1', expirationTtl: QUARANTINED_TTL_SECONDS }],
    ]);
  });

  test('is accepted when it comes again in time: keeping it did not mark its id', async () => {
    const { deliver, events } = receiver();
    await deliver(await signedRequest({ id: 'odd-time', ageSeconds }));
    expect(await answerOf(await deliver(await signedRequest({ id: 'odd-time' })))).toEqual(ACCEPTED);
    expect(events.send).toHaveBeenCalledTimes(1);
  });

  test('is refused but not kept where its id is already queued', async () => {
    const { deliver, deadLetters } = receiver();
    await deliver(await signedRequest({ id: 'known' }));
    expect(await answerOf(await deliver(await signedRequest({ id: 'known', ageSeconds })))).toEqual(STALE);
    expect(deadLetters.send).not.toHaveBeenCalled();
  });
});

test('the resource dialect keeps its own signature and timestamp, by which it is read again', async () => {
  const { deliver, kept } = receiver();
  const request = await signedRequest({ dialect: 'resource', ageSeconds: 900 });
  await deliver(request);
  expect(kept()[0]?.headers).toEqual({
    'content-type': 'application/json',
    'x-vastai-signature': request.headers.get('X-VastAI-Signature'),
    'x-vastai-timestamp': request.headers.get('X-VastAI-Timestamp'),
  });
});

describe('a genuine delivery that is no event', () => {
  const bodies: [string, string | Uint8Array, string, string[]][] = [
    ['not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'body_not_utf8', ['body must be UTF-8']],
    ['empty', '', 'body_not_json', ['body must be JSON']],
    ['not JSON', '{"event_id":', 'body_not_json', ['body must be JSON']],
    ['an array', '[]', 'body_not_object', ['body must be a JSON object']],
    ['without an id', '{"notif_type":"outbid"}', 'event_invalid', ['event_id is required']],
    ['without a type', '{"event_id":"e"}', 'event_invalid', ['notif_type is required']],
    ['with a numeric id', '{"event_id":7,"notif_type":"outbid"}', 'event_invalid', ['event_id must be a string']],
    [
      'nested deeper than a message can be',
      `{"event_id":"e","notif_type":"t","deep":${'['.repeat(30_000)}{"0":1}${']'.repeat(30_000)}}`,
      'message_too_deep',
      ['body is nested too deeply'],
    ],
  ];

  test.each(bodies)('because it is %s is refused and kept', async (_, body, reason, issues) => {
    const { deliver, kept, events, seen } = receiver();
    const answer = await answerOf(await deliver(await signedRequest({ body })));
    expect(answer).toEqual({ status: 400, body: { error: 'Invalid event', issues } });
    expect(kept()).toMatchObject([{ reason, body: bytesOf(body).toBase64() }]);
    expect(events.send).not.toHaveBeenCalled();
    expect([...seen.entries.keys()].filter((key) => key.startsWith('vastai:event:'))).toEqual([]);
  });

  test('is kept once, being told from others by its bytes', async () => {
    const { deliver, kept } = receiver();
    for (const body of ['one', 'one', 'two']) await deliver(await signedRequest({ body }));
    expect(kept().map(({ id }) => id)).toEqual([
      expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    ]);
  });

  test('is refused as too large, and kept, where only its message would be', async () => {
    const body = `{"event_id":"grows","notif_type":"t","n":[${'1e20,'.repeat(12_000)}1]}`;
    const { deliver, kept, events } = receiver();
    expect(await answerOf(await deliver(await signedRequest({ body })))).toEqual(TOO_LARGE);
    expect(kept()).toMatchObject([{ reason: 'message_too_large', id: 'grows', body: bytesOf(body).toBase64() }]);
    expect(events.send).not.toHaveBeenCalled();
  });

  test('is kept even at the largest size, with headers as long as they come', async () => {
    const long = 'h'.repeat(8_000);
    const request = await signedRequest({
      body: bodyOfSize(MAX_BODY_BYTES),
      ageSeconds: 900,
      headers: {
        'User-Agent': long,
        'X-Vast-Event-Id': long,
        'X-Vast-Delivery-Attempt': long,
        'X-VastAI-Signature': long,
      },
    });
    const { deliver, kept } = receiver();
    expect(await answerOf(await deliver(request))).toEqual(STALE);
    const [letter] = kept();
    const lengths = Object.values(letter?.headers ?? {}).map((value) => value.length);
    expect(Math.max(...lengths)).toBe(MAX_KEPT_HEADER_LENGTH);
  });
});

describe('when what is refused cannot be kept', () => {
  test.each([
    ['a late delivery', { ageSeconds: 900 }],
    ['an unreadable delivery', { body: 'nonsense' }],
  ])('%s is answered 503, and kept when it comes again', async (_, options) => {
    const { deliver, deadLetters, kept } = receiver();
    deadLetters.send.mockRejectedValueOnce(new Error('Queue overloaded (10250)'));
    const response = await deliver(await signedRequest({ id: 'kept-later', ...options }));
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await answerOf(response)).toEqual(UNAVAILABLE);
    const again = await deliver(await signedRequest({ id: 'kept-later', ...options }));
    expect(again.status).toBeLessThan(500);
    expect(kept()).toHaveLength(1);
  });
});
