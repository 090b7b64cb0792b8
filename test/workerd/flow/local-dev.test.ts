// While developing, nothing is forgotten by a restart: the local queue forgets, so ids are not
// remembered for long and the watchdog hurries.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventLedger } from '../../../src/ledger/event-ledger.ts';
import { LEASE_MS, LOCAL_SEEN_TTL_SECONDS, LOCAL_WATCH_INTERVAL_MS } from '../../../src/limits.ts';
import { receiver } from '../edge/receiver.ts';
import { collectConsole } from '../fakes/console.ts';
import { claimRequest, failure, newLedger, sentEvent, T0 } from '../ledger/fixtures.ts';
import { signedRequest, TEST_SECRET } from '../signed-request.ts';

beforeEach(() => {
  collectConsole();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('an id is remembered for a minute, so that an event lost with the queue is no duplicate for a week', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { deliver, seen, events } = receiver({ VASTAI_WEBHOOK_SECRET: TEST_SECRET, LOCAL_DEV: '1' });
  await deliver(await signedRequest({ id: 'lost' }));
  expect([...seen.entries.values()]).toEqual([{ value: '1', expirationTtl: LOCAL_SEEN_TTL_SECONDS }]);
  seen.entries.clear();
  vi.setSystemTime(Date.now() + LOCAL_SEEN_TTL_SECONDS * 1000 + 1);
  await deliver(await signedRequest({ id: 'lost' }));
  expect(events.messages).toHaveLength(2);
});

test('the watchdog looks every five seconds and sends again what is overdue', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 });
  const sent: string[] = [];
  await runInDurableObject(newLedger(), async (_, state) => {
    const EVENTS = { send: async (text: string) => void sent.push(sentEvent(text).id) } as unknown as Queue;
    const ledger = new EventLedger(state, { ...env, EVENTS, LOCAL_DEV: '1' });
    await ledger.claim('c1', [claimRequest('failing'), claimRequest('orphan')]);
    await ledger.settle('c1', [failure('failing')]);
    expect(await state.storage.getAlarm()).toBe(T0 + LOCAL_WATCH_INTERVAL_MS);
    const ringAt = async (time: number) => {
      vi.setSystemTime(time);
      await ledger.alarm();
    };
    await ringAt(T0 + 5_000);
    expect(sent).toEqual([]);
    await ringAt(T0 + 10_000 + LOCAL_WATCH_INTERVAL_MS);
    expect(sent).toEqual(['failing']);
    await ringAt(T0 + LEASE_MS + LOCAL_WATCH_INTERVAL_MS);
    expect(sent).toContain('orphan');
  });
});
