// How much of a body is read: 64 KiB, declared or counted.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MAX_BODY_BYTES } from '../../../src/limits.ts';
import { collectConsole } from '../fakes/console.ts';
import { bodyOfSize, signedRequest } from '../signed-request.ts';
import { ACCEPTED, answerOf, TOO_LARGE } from './answers.ts';
import { expectNothingDone, receiver } from './receiver.ts';

beforeEach(() => {
  collectConsole();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a body too large', () => {
  test('is one byte over 65,536', async () => {
    const { deliver } = receiver();
    expect(await answerOf(await deliver(await signedRequest({ body: bodyOfSize(MAX_BODY_BYTES) })))).toEqual(ACCEPTED);
    const larger = await signedRequest({ body: bodyOfSize(MAX_BODY_BYTES + 1) });
    expect(await answerOf(await deliver(larger))).toEqual(TOO_LARGE);
  });

  test('is not one of exactly 65,536 bytes that says so', async () => {
    const headers = { 'Content-Length': String(MAX_BODY_BYTES) };
    const request = await signedRequest({ body: bodyOfSize(MAX_BODY_BYTES), headers });
    expect(await answerOf(await receiver().deliver(request))).toEqual(ACCEPTED);
  });

  test('is refused by its declared length, unread', async () => {
    const world = receiver();
    const request = await signedRequest({ headers: { 'Content-Length': String(MAX_BODY_BYTES + 1) } });
    expect(await answerOf(await world.deliver(request))).toEqual(TOO_LARGE);
    expect(request.bodyUsed).toBe(false);
    expectNothingDone(world);
  });

  test('is refused where it does not declare its length, and reading stops at the first byte too many', async () => {
    const world = receiver();
    let produced = 0;
    const cancel = vi.fn();
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => {
          produced += 16_384;
          controller.enqueue(new Uint8Array(16_384));
        },
        cancel,
      });
    expect(await answerOf(await world.deliver(await signedRequest({ stream: endless })))).toEqual(TOO_LARGE);
    expect(produced).toBeLessThan(3 * MAX_BODY_BYTES);
    expect(cancel).toHaveBeenCalledTimes(1);
    expectNothingDone(world);
  });

  test('is not one that arrives in pieces and fits', async () => {
    const inPieces = (body: Uint8Array) =>
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          for (const byte of body) controller.enqueue(Uint8Array.of(byte));
          controller.close();
        },
      });
    expect(await answerOf(await receiver().deliver(await signedRequest({ stream: inPieces })))).toEqual(ACCEPTED);
  });

  test('is refused before its signature is looked at', async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify');
    await receiver().deliver(await signedRequest({ body: bodyOfSize(MAX_BODY_BYTES + 1) }));
    expect(verify).not.toHaveBeenCalled();
  });
});
