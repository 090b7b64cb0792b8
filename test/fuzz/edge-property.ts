// Whatever reaches the webhook: nothing forged is accepted, nothing genuine is lost or changed,
// nothing answers 500.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { defineHandlers } from '../../src/consumer/define-handlers.ts';
import { decodeMessage } from '../../src/queue/message.ts';
import { Deployment } from '../platform/deployment.ts';
import type { Runtime } from '../platform/runtime.ts';
import { deliveries, type HttpDelivery, requestOf, SECRETS } from './delivery.ts';
import { endpointOf, judge } from './judge.ts';

const BINDINGS = {
  VASTAI_WEBHOOK_SECRET: SECRETS.live,
  VASTAI_WEBHOOK_SECRET_2: SECRETS.second,
  VASTAI_WEBHOOK_SECRET_HOST: SECRETS.host,
};

export function edgeProperty(runtime: Runtime) {
  const deployment = new Deployment(runtime, BINDINGS);
  const now = runtime.time.now / 1_000;
  const surroundings = fc.record({
    kvOut: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
    queueOut: fc.oneof({ weight: 19, arbitrary: fc.constant(false) }, fc.constant(true)),
    seen: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
  });
  return fc.asyncProperty(deliveries(now), surroundings, async (delivery, { kvOut, queueOut, seen }) => {
    deployment.reset();
    const request = requestOf(delivery);
    const expected = judge(delivery, request.headers, now);
    const known = seen && !kvOut && 'id' in expected && expected.id !== undefined;
    if (known) deployment.kv.entries.set(keyOf(delivery.path, expected.id), '1');
    deployment.kv.out = kvOut;
    deployment.events.out = queueOut;
    deployment.deadLetters.out = queueOut;

    const response = await deployment.fetch(request);
    const answer = JSON.parse(await response.text()) as object;
    const kept = deployment.deadLetters.drain();
    const accepted = deployment.events.drain();
    const lost = queueOut && !known;
    switch (expected.kind) {
      case 'refused':
        assert.equal(response.status, expected.status);
        assert.deepEqual([kept, accepted, deployment.kv.entries.size], [[], [], 0]);
        return;
      case 'kept':
        assert.equal(response.status, lost ? 503 : expected.status);
        assert.deepEqual([kept.length, accepted], [lost || known ? 0 : 1, []]);
        if (kept[0]) await checkKept(deployment, kept[0], delivery);
        return;
      case 'accepted':
        assert.equal(response.status, lost ? 503 : 200);
        assert.deepEqual([kept, accepted.length], [[], lost || known ? 0 : 1]);
        if (response.status === 200) assert.equal('duplicate' in answer, known);
        assert.equal(deployment.kv.entries.has(keyOf(delivery.path, expected.id)), !kvOut && !lost);
        if (accepted[0]) await checkHandled(deployment, accepted[0], expected.event);
        return;
    }
  });
}

/** The KV key of an event: an event is its endpoint and its id. */
function keyOf(path: string, id: string | undefined): string {
  const endpoint = endpointOf(path);
  return `vastai:event${endpoint ? `@${endpoint}` : ''}:${id}`;
}

/** A refused delivery is in the ledger afterwards, byte for byte. */
async function checkKept(deployment: Deployment, body: string, delivery: HttpDelivery): Promise<void> {
  const decoded = decodeMessage(body);
  assert(decoded.ok && decoded.value.kind === 'refused');
  const verdicts = await deployment.consume('dead-letters', [{ id: 'letter', body, attempts: 1 }], noHandlers);
  assert.deepEqual(verdicts, [{ kind: 'ack' }]);
  const query = 'SELECT refusal FROM deliveries WHERE id = ?';
  const [row] = deployment.storage.sql.exec<{ refusal: string }>(query, decoded.value.id).toArray();
  const refusal = JSON.parse(row?.refusal ?? '{}') as { body: string };
  assert(Buffer.from(refusal.body, 'base64').equals(delivery.body));
}

/** The event that a handler gets is the event that was signed. */
async function checkHandled(deployment: Deployment, body: string, expected: string): Promise<void> {
  const handled: string[] = [];
  const handlers = defineHandlers({ fallback: (event) => void handled.push(JSON.stringify(event)) });
  const verdicts = await deployment.consume('events', [{ id: 'message', body, attempts: 1 }], handlers);
  assert.deepEqual(verdicts, [{ kind: 'ack' }]);
  assert.equal(handled.length, 1);
  // Keys may come in another order.
  const same = handled[0] === expected || isDeepStrictEqual(JSON.parse(handled[0] ?? ''), JSON.parse(expected));
  assert(same, `handled ${handled[0]}\nsigned  ${expected}`);
}

const noHandlers = defineHandlers({
  fallback: () => {
    throw new Error('a refused delivery was run');
  },
});
