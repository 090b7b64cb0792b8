// What chats say of the instance that an event is about: its facts in the small print where they
// are known, and nothing otherwise.
import { describe, expect, it, vi } from 'vitest';
import { message, withInstance } from '../../../src/destinations/message.ts';
import { notifyAll } from '../../../src/destinations/notify-all.ts';
import type { InstanceLook } from '../../../src/event/instance.ts';
import { eventOf } from './events.ts';
import { contextFor, openRoom, statusOf } from './platforms.ts';
import { senders } from './senders.ts';

const READ_AT = Date.parse('2026-11-30T12:00:00Z');
type Instance = Extract<InstanceLook, { kind: 'known' }>['instance'];

function known(changes: Partial<Instance> = {}): InstanceLook {
  const instance: Instance = {
    ...{ id: 4711, machine_id: 12, label: 'train-7b', gpu_name: 'RTX 4090', num_gpus: 2, gpu_util: 97, is_bid: true },
    ...{ dph_total: 0.4123, storage_total_cost: 0.01, intended_status: 'running', actual_status: 'running' },
    ...{ status_msg: null, start_date: READ_AT / 1000 - 12_600, end_date: null, uptime_mins: 90 },
    ...changes,
  };
  return { kind: 'known', instance, readAt: READ_AT };
}

const reasons = ['no_key', 'no_id', 'gone', 'unreachable'] as const;
const outbid = message(eventOf('outbid'));
const factsOf = (changes: Partial<Instance>) =>
  withInstance(outbid, known(changes)).details.slice(outbid.details.length);

describe('the small print', () => {
  it('goes on with label, GPU, price and running time', () => {
    expect(withInstance(outbid, known())).toEqual({
      ...outbid,
      details: `${outbid.details} · train-7b · 2× RTX 4090 · $0.412/h · running for 1 h 30 min`,
    });
  });

  it.each(reasons)('is as it was where nothing is known (%s)', (reason) => {
    expect(withInstance(outbid, { kind: 'unknown', reason })).toBe(outbid);
  });

  it.each<[string, Partial<Instance>, string]>([
    ['no label', { label: null }, ' · 2× RTX 4090 · $0.412/h · running for 1 h 30 min'],
    ['no GPU', { gpu_name: null }, ' · train-7b · $0.412/h · running for 1 h 30 min'],
    ['no count', { num_gpus: null }, ' · train-7b · RTX 4090 · $0.412/h · running for 1 h 30 min'],
    ['no price', { dph_total: null }, ' · train-7b · 2× RTX 4090 · running for 1 h 30 min'],
    ['no uptime', { uptime_mins: null }, ' · train-7b · 2× RTX 4090 · $0.412/h · running, rented for 3 h 30 min'],
    ['no time', { uptime_mins: null, start_date: null }, ' · train-7b · 2× RTX 4090 · $0.412/h'],
    ['no whole minute', { uptime_mins: 0 }, ' · train-7b · 2× RTX 4090 · $0.412/h · running, rented for 3 h 30 min'],
    ['less than none', { uptime_mins: -1 }, ' · train-7b · 2× RTX 4090 · $0.412/h · running, rented for 3 h 30 min'],
    ['this very moment', { uptime_mins: 0, start_date: READ_AT / 1000 }, ' · train-7b · 2× RTX 4090 · $0.412/h'],
    ['a start yet to come', { uptime_mins: null, start_date: 3e9 }, ' · train-7b · 2× RTX 4090 · $0.412/h'],
    [
      'one that has stopped',
      { actual_status: 'exited' },
      ' · train-7b · 2× RTX 4090 · $0.010/h · rented for 3 h 30 min',
    ],
    [
      'one that is outbid',
      { intended_status: 'stopped' },
      ' · train-7b · 2× RTX 4090 · $0.010/h · rented for 3 h 30 min',
    ],
    ['one that costs nothing', { dph_total: 0 }, ' · train-7b · 2× RTX 4090 · $0.000/h · running for 1 h 30 min'],
    ['two days', { uptime_mins: 2_880 }, ' · train-7b · 2× RTX 4090 · $0.412/h · running for 2 days'],
  ])('knows of %s', (_what, changes, facts) => {
    expect(factsOf(changes)).toBe(facts);
  });

  it('shows a label as one line of plain text, and not all of an endless one', () => {
    expect(factsOf({ label: 'a\u202eb\n\u0000c ' })).toMatch(/^ · ab c · /);
    expect(factsOf({ label: 'x'.repeat(5_000) }).length).toBeLessThan(300);
  });
});

describe.each(senders)('$platform', ({ platform, send }) => {
  const payloadWith = async (instance: (() => Promise<InstanceLook>) | undefined, room = openRoom()) => {
    await send(contextFor(room.secrets, { ...(instance && { instance }) }), outbid);
    const delivery = (await room.received(platform)).at(-1);
    expect(delivery?.status).toBe(statusOf(platform));
    return delivery?.body;
  };

  it('says what is known of the instance', async () => {
    const body = await payloadWith(async () => known());
    for (const fact of ['train-7b', '2× RTX 4090', '$0.412/h', 'running for 1 h 30 min']) expect(body).toContain(fact);
  });

  it.each(reasons)('sends what it sent before, byte for byte, where nothing is (%s)', async (reason) => {
    const room = openRoom();
    const before = await payloadWith(undefined, room);
    expect(await payloadWith(async () => ({ kind: 'unknown', reason }), room)).toBe(before);
  });

  it('takes a label that would mention everybody, or open markup, as text', async () => {
    const label = '<!channel> <users/all> @everyone **b** [l](https://evil.example)';
    const body = JSON.parse((await payloadWith(async () => known({ label }))) ?? '') as Record<string, unknown>;
    const plain = JSON.stringify(body);
    if (platform === 'slack') expect(plain).not.toMatch(/<!channel>|<users/);
    if (platform === 'discord') expect(body).toMatchObject({ allowed_mentions: { parse: [] } });
    if (platform === 'discord') expect(body).toHaveProperty('embeds.0.footer.text', expect.stringContaining(label));
    if (platform === 'google-chat') {
      expect(body).toHaveProperty('cardsV2.0.card.header.subtitle', expect.stringContaining(label));
      expect(body.fallbackText).not.toContain('users/all');
    }
    // All of the text is `pre`, in which nothing is found.
    if (platform === 'telegram') {
      const { text, entities } = body as { text: string; entities: unknown };
      expect(text).toContain(label);
      expect(entities).toEqual([{ type: 'pre', offset: 0, length: text.length }]);
    }
    if (platform === 'ntfy') expect(body).not.toHaveProperty('markdown');
    if (platform === 'pagerduty') {
      expect(body).toHaveProperty('payload.custom_details.details', expect.stringContaining(label));
    }
  });

  it('asks nothing of a confidential event', async () => {
    const room = openRoom();
    const instance = vi.fn(async () => known());
    await send(contextFor(room.secrets, { instance }), message(eventOf('password_reset')));
    expect(instance).not.toHaveBeenCalled();
    expect(await room.received(platform)).toEqual([]);
  });

  it('asks nothing where it has been told before', async () => {
    const room = openRoom();
    const instance = vi.fn(async () => known());
    await send(contextFor(room.secrets, { instance, done: new Set([platform]) }), outbid);
    expect(instance).not.toHaveBeenCalled();
  });
});

it('the forward gets the event as it came, and does not ask', async () => {
  const room = openRoom();
  const { FORWARD_URL, FORWARD_SECRET } = room.secrets;
  const instance = vi.fn(async () => known());
  await notifyAll(contextFor({ FORWARD_URL, FORWARD_SECRET }, { instance }), eventOf('outbid'));
  expect(instance).not.toHaveBeenCalled();
  expect((await room.received('forward'))[0]?.body).not.toContain('train-7b');
});

it('nothing is asked where nobody is told', async () => {
  const instance = vi.fn(async () => known());
  await notifyAll(contextFor({}, { instance }), eventOf('outbid'));
  expect(instance).not.toHaveBeenCalled();
});
