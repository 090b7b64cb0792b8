// An account at Vast.ai, and the real object that patrols it: each round on a fresh instance, as if
// the one before had been evicted.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { onTestFinished, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import type { AnyEvent } from '../../../src/event/envelope.ts';
import { PATROL_INTERVAL_MS } from '../../../src/limits.ts';
import { Patrol } from '../../../src/patrol/patrol.ts';
import { READ_KEY, VastAccount } from '../../platform/vast-account.ts';
import { collectConsole } from '../fakes/console.ts';
import { claimRequest, eventOf, newLedger, sentEvent, T0 } from '../ledger/fixtures.ts';

export function patrolScene(count = 1, changes: Partial<Env> = {}, now = T0) {
  vi.useFakeTimers({ toFake: ['Date'], now });
  const account = new VastAccount();
  vi.stubGlobal('fetch', account.fetch);
  onTestFinished(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const ids = Array.from({ length: count }, () => account.add());
  const name = crypto.randomUUID();
  const ledger = newLedger(name);
  const output = collectConsole();
  const send = vi.fn<(text: string) => Promise<void>>().mockResolvedValue();
  const bindings = {
    ...env,
    VAST_READ_KEY: READ_KEY,
    // A stub belongs to whom has opened it.
    LEDGER: { getByName: () => newLedger(name) } as unknown as Env['LEDGER'],
    EVENTS: { send } as unknown as Queue,
    ...changes,
  };
  // Time goes by only between rounds.
  const sleep = async () => {};
  account.keepsInterval = false;
  const stub = env.PATROL.getByName(crypto.randomUUID());

  /** Does something with a fresh instance of the object. */
  function withPatrol<Value>(work: (patrol: Patrol, state: DurableObjectState) => Promise<Value> | Value) {
    return runInDurableObject(stub, (_, state) => work(new Patrol(state, bindings, { sleep }), state));
  }

  /** Time goes by, in milliseconds; what was to happen at Vast.ai meanwhile has happened. */
  function pass(ms: number): void {
    vi.setSystemTime(Date.now() + ms);
    account.catchUp();
  }

  /** So many rounds, each at its time. */
  async function rounds(times = 1): Promise<void> {
    for (let round = 0; round < times; round += 1) {
      pass(PATROL_INTERVAL_MS);
      await withPatrol((patrol) => patrol.alarm());
    }
  }

  /** A webhook arrives and is claimed, as the edge and the consumer would have it. */
  async function webhook(type: string, instanceId: number, about: { id?: string; receivedAt?: number } = {}) {
    const { id = crypto.randomUUID(), receivedAt = Date.now() } = about;
    const event = { ...eventOf(id), type, mentions: { instanceId } };
    await ledger.claim(crypto.randomUUID(), [
      { ...claimRequest(id, { receivedAt }), type, event: JSON.stringify(event) },
    ]);
  }

  const told = (): AnyEvent[] => send.mock.calls.map(([text]) => sentEvent(text));
  const types = () => told().map(({ type }) => type);
  return {
    account,
    output,
    ids,
    id: ids[0] ?? 0,
    ledger,
    send,
    told,
    types,
    pass,
    rounds,
    webhook,
    withPatrol,
    bindings,
  };
}
