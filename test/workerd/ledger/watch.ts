// Letting time pass over a ledger: its alarms ring in turn, each at its own time.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { vi } from 'vitest';
import { newLedger, sendThrough, sentEvent, type TestLedger } from './fixtures.ts';

/** When the alarm will ring, in milliseconds since the epoch. */
export function alarmOf(ledger: TestLedger): Promise<number | null> {
  return runInDurableObject(ledger, (_, state) => state.storage.getAlarm());
}

/** Moves the (faked) time on by `ms`, ringing every alarm on the way. */
export async function pass(ledger: TestLedger, ms: number): Promise<void> {
  const end = Date.now() + ms;
  for (let alarm = await alarmOf(ledger); alarm !== null && alarm <= end; alarm = await alarmOf(ledger)) {
    vi.setSystemTime(Math.max(alarm, Date.now()));
    await runDurableObjectAlarm(ledger);
  }
  vi.setSystemTime(end);
}

/** A ledger whose messages go nowhere but into a list of the ids that were sent. */
export async function ledgerWithoutQueue() {
  const ledger = newLedger();
  const send = vi.fn<(text: string) => Promise<void>>().mockResolvedValue();
  await sendThrough(ledger, send);
  return { ledger, send, sent: () => send.mock.calls.map(([text]) => sentEvent(text).id) };
}
