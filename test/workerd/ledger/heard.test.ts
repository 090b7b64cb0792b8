// Whether a webhook has told of something: what counts as one, and what does not.
import { expect, test } from 'vitest';
import { claimRequest, eventOf, newLedger, quarantineRequest, type TestLedger } from './fixtures.ts';

const NOW = Date.now();
const QUESTION = { types: ['instance_stopped', 'outbid'], instanceId: 7, after: NOW - 60_000 };

/** Claims an event that arrived at `receivedAt`; its text names instance 7 unless it says other. */
async function arrive(ledger: TestLedger, id: string, changes: Record<string, unknown> = {}, receivedAt = NOW) {
  const event = { ...eventOf(id), data: { subject: 'Stopped', message: 'Your instance 7 has stopped.' }, ...changes };
  const { type, endpoint } = event as { type: string; endpoint: string };
  await ledger.claim(crypto.randomUUID(), [
    { ...claimRequest(id, { receivedAt }), type, endpoint, event: JSON.stringify(event) },
  ]);
}

test.each([
  ['its text', {}],
  ['its mentions', { data: {}, mentions: { instanceId: 7 } }],
  ['another endpoint', { endpoint: 'staging' }],
  ['the other type that tells of it', { type: 'instance_stopped' }],
])('a webhook tells of an instance by %s', async (_, changes) => {
  const ledger = newLedger();
  await arrive(ledger, 'one', changes);
  expect(await ledger.heard([QUESTION])).toEqual({ told: [true], last: NOW });
});

test.each([
  ['of another type', { type: 'instance_started' }, NOW],
  ['about another instance', { data: { message: 'Your instance 8 has stopped.' } }, NOW],
  ['about several', { data: { message: 'Instances 7 and 8 have stopped.' } }, NOW],
  ['from before', {}, NOW - 61_000],
])('a webhook %s does not', async (_, changes, receivedAt) => {
  const ledger = newLedger();
  await arrive(ledger, 'one', changes, receivedAt);
  expect(await ledger.heard([QUESTION])).toEqual({ told: [false], last: receivedAt });
});

test('neither does what patrol told itself, nor what was kept aside and ran no handler', async () => {
  const ledger = newLedger();
  await arrive(ledger, 'own', { endpoint: 'patrol', mentions: { instanceId: 7 } });
  expect(await ledger.heard([QUESTION])).toEqual({ told: [false], last: null });
  const event = JSON.stringify({ ...eventOf('late'), mentions: { instanceId: 7 } });
  await ledger.quarantine([quarantineRequest('late', { event, receivedAt: NOW })]);
  expect(await ledger.heard([QUESTION])).toEqual({ told: [false], last: NOW });
});

test('a test that Vast.ai sends on request is no sign of life', async () => {
  const ledger = newLedger();
  await arrive(ledger, 'outbid', {}, NOW - 1_000);
  await arrive(ledger, 'test', { type: 'webhook_test' });
  expect(await ledger.heard([])).toEqual({ told: [], last: NOW - 1_000 });
});

test('the overview has the same latest webhook: nothing that patrol tells is one', async () => {
  const ledger = newLedger();
  await arrive(ledger, 'outbid', {}, NOW - 1_000);
  await arrive(ledger, 'observed', { type: 'observed.silence', endpoint: 'patrol' });
  expect((await ledger.stats()).lastReceivedAt).toBe(NOW - 1_000);
});

test('an older event that the ledger took on later does not end the search', async () => {
  const ledger = newLedger();
  await arrive(ledger, 'told');
  for (const id of ['old-1', 'old-2']) await arrive(ledger, id, { type: 'low_credit' }, NOW - 86_400_000);
  expect(await ledger.heard([QUESTION, { ...QUESTION, instanceId: 8 }])).toEqual({ told: [true, false], last: NOW });
});

test('an empty ledger has heard nothing', async () => {
  expect(await newLedger().heard([QUESTION])).toEqual({ told: [false], last: null });
  expect(await newLedger().heard([])).toEqual({ told: [], last: null });
});
