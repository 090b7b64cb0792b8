// The whole way of what patrol sees: through the real queue, consumer and ledger to the handlers,
// beside webhooks that come by the real edge.
import { env, exports } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { handlers } from '../handlers.ts';
import { patrolScene } from '../patrol/scene.ts';
import { signedRequest } from '../signed-request.ts';

function scene() {
  const patrol = patrolScene(1, { EVENTS: env.EVENTS, LEDGER: env.LEDGER }, Date.now());
  const fallback = vi.spyOn(handlers, 'fallback');
  const outbid = vi.spyOn(handlers, 'outbid');
  const runs = () => [...fallback.mock.calls, ...outbid.mock.calls].map(([event]) => event.type);
  const processed = () => patrol.output.events().filter(({ event }) => event === 'event.processed');
  const settled = (count: number) => vi.waitUntil(() => processed().length === count, { timeout: 8_000, interval: 20 });

  /** Vast.ai's webhook, from the edge to the end of its run. */
  async function webhook(type: string, id: number): Promise<void> {
    const before = processed().length;
    const data = { event_id: crypto.randomUUID(), notif_type: type, subject: type, message: `Your instance ${id}.` };
    const response = await exports.default.fetch(await signedRequest({ body: JSON.stringify(data) }));
    expect(response.status).toBe(200);
    await settled(before + 1);
  }
  return { ...patrol, runs, settled, webhook };
}

test('a stop without a webhook runs its handler once, within two polls', async () => {
  const { account, id, rounds, runs, settled } = scene();
  await rounds(1);
  account.stop(id, false);
  await rounds(2);
  await settled(1);
  expect(runs()).toEqual(['instance_stopped']);
  await rounds(3);
  expect(runs()).toEqual(['instance_stopped']);
});

test('the same stop with its webhook is one run in all', async () => {
  const { account, id, rounds, output, runs, webhook } = scene();
  await rounds(1);
  account.stop(id, false);
  await rounds(1);
  await webhook('instance_stopped', id);
  await rounds(3);
  expect(runs()).toEqual(['instance_stopped']);
  expect(output.events().filter(({ event }) => event === 'patrol.dropped')).toHaveLength(1);
});

test('an outbid that is told and shows as a stop is one run in all', async () => {
  const { account, id, rounds, runs, webhook } = scene();
  account.set(id, { is_bid: true });
  await rounds(1);
  account.outbid(id, false);
  await webhook('outbid', id);
  await rounds(4);
  expect(runs()).toEqual(['outbid']);
});

test('offline and online again is one run each', async () => {
  const { account, id, rounds, runs, settled } = scene();
  await rounds(1);
  account.offline(id, false);
  await rounds(3);
  account.online(id, false);
  await rounds(3);
  await settled(2);
  expect(runs().sort((one, other) => one.localeCompare(other))).toEqual(['instance_offline', 'instance_online']);
});
