// The object against an account that changes, lags and fails: what is told, how often, and what is
// never concluded.
import { expect, test, vi } from 'vitest';
import {
  PATROL_BLIND_AFTER,
  PATROL_EMPTY_LOOKS,
  PATROL_IDLE_MS,
  PATROL_INTERVAL_MS,
  PATROL_STUCK_MS,
  SILENT_AFTER_MS,
} from '../../../src/limits.ts';
import type { Fault } from '../../platform/vast-account.ts';
import { sentEvent } from '../ledger/fixtures.ts';
import { patrolScene } from './scene.ts';

const times = (ms: number) => Math.ceil(ms / PATROL_INTERVAL_MS);

test('the first look tells nothing: it has nothing to compare with', async () => {
  const { rounds, types } = patrolScene(3);
  await rounds(3);
  expect(types()).toEqual([]);
});

test('a stop that no webhook tells of is told once, within two polls', async () => {
  const { account, id, rounds, told, types } = patrolScene(2);
  await rounds(1);
  account.stop(id, false);
  await rounds(2);
  expect(types()).toEqual(['instance_stopped']);
  expect(told()[0]).toMatchObject({
    endpoint: 'patrol',
    dialect: 'observed',
    mentions: { instanceId: id },
    data: { instance: { id, actual_status: 'exited' }, before: { id, actual_status: 'running' } },
  });
  await rounds(3);
  expect(types()).toEqual(['instance_stopped']);
});

test.each([
  ['just before the look that shows it', -1_000],
  ['between that look and the next', PATROL_INTERVAL_MS / 2],
])('a stop that a webhook tells of %s is dropped', async (_, offset) => {
  const { account, id, pass, rounds, types, webhook, withPatrol } = patrolScene();
  await rounds(1);
  account.stop(id, false);
  pass(PATROL_INTERVAL_MS + Math.min(offset, 0));
  if (offset < 0) await webhook('instance_stopped', id);
  pass(Math.max(-offset, 0));
  await withPatrol((patrol) => patrol.alarm());
  pass(Math.max(offset, 0));
  if (offset > 0) await webhook('instance_stopped', id);
  pass(PATROL_INTERVAL_MS - Math.max(offset, 0));
  await withPatrol((patrol) => patrol.alarm());
  await rounds(2);
  expect(types()).toEqual([]);
});

test('an outbid that comes a moment before the last look without the stop tells of it', async () => {
  const { account, id, pass, rounds, types, webhook } = patrolScene();
  account.set(id, { is_bid: true });
  await rounds(1);
  pass(PATROL_INTERVAL_MS - 1_000);
  account.outbid(id);
  await webhook('outbid', id);
  pass(1_000 - PATROL_INTERVAL_MS);
  // This look comes 1 s after the webhook, and still shows it running.
  await rounds(1);
  await rounds(3);
  expect(types()).toEqual([]);
});

test.each([
  ['another instance', { type: 'instance_stopped', of: 1 }],
  ['another type', { type: 'instance_started', of: 0 }],
  ['an outbid, of one that is not interruptible', { type: 'outbid', of: 0 }],
])('a webhook of %s does not tell of a stop', async (_, { type, of }) => {
  const { account, id, ids, rounds, types, webhook } = patrolScene(2);
  await rounds(1);
  account.stop(id, false);
  await webhook(type, ids[of] ?? 0);
  await rounds(2);
  expect(types()).toEqual(['instance_stopped']);
});

test('an instance that one list lacks, but that is found by its id, is not gone; its condition stays', async () => {
  const { account, id, rounds, types } = patrolScene(2);
  account.set(id, { end_date: Date.now() / 1000 + 3_600 });
  await rounds(2);
  account.faults.push('short');
  await rounds(3);
  expect(types()).toEqual(['observed.ends_soon']);
});

test('an API that does not heed the question by ids holds no deletion up', async () => {
  const { account, id, rounds, types } = patrolScene(3);
  vi.stubGlobal('fetch', (input: string | URL, init?: RequestInit) => {
    const url = new URL(input);
    url.searchParams.delete('select_filters');
    return account.fetch(url, init);
  });
  await rounds(1);
  account.destroy(id, false);
  await rounds(2);
  expect(types()).toEqual(['instance_deleted']);
});

test('offline and back online is one opening and one ending', async () => {
  const { account, id, rounds, types } = patrolScene();
  await rounds(1);
  account.offline(id, false);
  await rounds(4);
  account.set(id, { actual_status: 'unknown' });
  await rounds(2);
  account.online(id, false);
  await rounds(4);
  expect(types()).toEqual(['instance_offline', 'instance_online']);
});

test('an instance that is rented, stopped, started again and destroyed is told of at each turn', async () => {
  const { account, rounds, types } = patrolScene();
  await rounds(1);
  const id = account.rent({}, false);
  await rounds(2);
  account.stop(id, false);
  await rounds(2);
  account.resume(id, false);
  await rounds(3);
  account.destroy(id, false);
  await rounds(2);
  expect(types()).toEqual(['instance_started', 'instance_stopped', 'instance_resumed', 'instance_deleted']);
});

const faults: Fault[] = [
  500,
  401,
  404,
  410,
  429,
  'unsuccessful',
  'cut',
  'half',
  'empty_page',
  'empty',
  'gone',
  'short',
  'no_id',
  'no_answer',
];

test.each(faults)(
  'a read that fails with %s concludes nothing, and after the third in a row it is said once',
  async (fault) => {
    const { account, id, rounds, told, types } = patrolScene(3);
    await rounds(2);
    account.stop(id, false);
    account.fault = fault;
    await rounds(PATROL_BLIND_AFTER - 1);
    expect(types()).toEqual([]);
    await rounds(3);
    expect(types()).toEqual(['observed.blind']);
    account.fault = undefined;
    account.run(id);
    account.set(id, { intended_status: 'running' });
    await rounds(3);
    expect(types()).toEqual(['observed.blind', 'observed.cleared']);
    expect(told()[1]).toMatchObject({ id: `${told()[0]?.id}:cleared`, data: { condition: { id: told()[0]?.id } } });
  },
);

test.each<[Fault, string]>([
  [401, 'status_401'],
  ['cut', 'malformed'],
  ['web_page', 'web_page'],
  ['half', 'partial'],
  ['empty', 'contradictory'],
  ['short', 'contradictory'],
  ['gone', 'suddenly_empty'],
])('a read that fails with %s is said to be %s', async (fault, reason) => {
  const { account, output, rounds, withPatrol } = patrolScene();
  await rounds(1);
  account.fault = fault;
  await rounds(1);
  expect(output.events()).toContainEqual({ event: 'patrol.failed', reason });
  const { failed } = await withPatrol((patrol) => patrol.memory());
  expect(failed).toEqual({ looks: 1, alike: 1, at: Date.now(), reason });
});

test('failed looks count only in a row', async () => {
  const { account, rounds, types } = patrolScene();
  for (let time = 0; time < 3; time += 1) {
    account.fault = undefined;
    await rounds(1);
    account.fault = 500;
    await rounds(PATROL_BLIND_AFTER - 1);
  }
  expect(types()).toEqual([]);
  await rounds(1);
  expect(types()).toEqual(['observed.blind']);
});

test('an account that is empty all of a sudden is believed after an hour of it', async () => {
  const { account, ids, rounds, types } = patrolScene(2);
  await rounds(2);
  for (const id of ids) account.destroy(id, false);
  await rounds(PATROL_EMPTY_LOOKS - 1);
  expect(types()).toEqual(['observed.blind']);
  await rounds(2);
  expect(types()).toEqual(['observed.blind', 'observed.cleared', 'instance_deleted', 'instance_deleted']);
  await rounds(3);
  expect(types()).toHaveLength(4);
});

test('an hour of other failures does not make one empty list believed', async () => {
  const { account, rounds, types } = patrolScene(2);
  await rounds(2);
  account.fault = 500;
  await rounds(PATROL_EMPTY_LOOKS);
  account.fault = 'gone';
  await rounds(1);
  account.fault = undefined;
  await rounds(3);
  expect(types()).toEqual(['observed.blind', 'observed.cleared']);
});

test('an online that a webhook has told of is not told again once a stop in between is over', async () => {
  const { account, id, rounds, types, webhook } = patrolScene();
  await rounds(1);
  account.offline(id, false);
  await rounds(2);
  await webhook('instance_online', id);
  account.set(id, { actual_status: 'exited' });
  await rounds(4);
  account.set(id, { actual_status: 'running' });
  await rounds(2);
  expect(types()).toEqual(['instance_offline', 'instance_stopped', 'instance_resumed']);
});

test('it is believed at once where webhooks have told of the end of each', async () => {
  const { account, ids, rounds, types, webhook, withPatrol } = patrolScene(2);
  await rounds(2);
  for (const id of ids) {
    account.destroy(id, false);
    await webhook('instance_deleted', id);
  }
  await rounds(3);
  expect(types()).toEqual([]);
  expect(await withPatrol((patrol) => patrol.memory())).toMatchObject({ picture: { seen: [] }, failed: null });
});

test('one that is offline and then stops, or reboots, is not said to be online', async () => {
  const { account, id, rounds, types } = patrolScene();
  await rounds(1);
  account.offline(id, false);
  await rounds(2);
  account.set(id, { actual_status: 'rebooting' });
  await rounds(2);
  account.set(id, { actual_status: 'exited' });
  await rounds(2);
  expect(types()).toEqual(['instance_offline', 'instance_stopped']);
  account.set(id, { actual_status: 'running' });
  await rounds(2);
  expect(types().slice(2)).toEqual(['instance_online', 'instance_resumed']);
});

test.each([
  ['idle', { gpu_util: 0.5 }, { gpu_util: 90 }, PATROL_IDLE_MS],
  ['stuck_loading', { actual_status: 'loading' }, { actual_status: 'running' }, PATROL_STUCK_MS],
] as const)('%s opens once after its time, and ends once', async (name, opens, ends, after) => {
  const { account, rounds, told } = patrolScene(0);
  const about = () => told().filter(({ type }) => type.startsWith('observed.'));
  const id = account.add(opens);
  await rounds(times(after));
  expect(about()).toEqual([]);
  await rounds(3);
  expect(about()).toMatchObject([
    { type: `observed.${name}`, mentions: { instanceId: id }, data: { instance: opens } },
  ]);
  account.set(id, ends);
  await rounds(3);
  expect(about()).toMatchObject([
    { type: `observed.${name}` },
    { type: 'observed.cleared', id: `${about()[0]?.id}:cleared`, data: { condition: { type: `observed.${name}` } } },
  ]);
});

test('an open condition of an instance that is gone has ended', async () => {
  const { account, rounds, types, withPatrol } = patrolScene(2);
  const id = account.add({ gpu_util: 0 });
  await rounds(times(PATROL_IDLE_MS) + 1);
  expect(types()).toEqual(['observed.idle']);
  const known = () => withPatrol((patrol) => patrol.memory());
  expect(await known()).toMatchObject({ sightings: [], conditions: [{ type: 'observed.idle' }] });
  account.destroy(id, false);
  await rounds(2);
  expect(types()).toEqual(['observed.idle', 'observed.cleared', 'instance_deleted']);
  expect((await known()).conditions).toEqual([]);
});

test.each([
  ['a pause of a day', 86_400_000],
  ['a clock that jumps ahead', 40 * 86_400_000],
  ['a clock that jumps back', -86_400_000],
])('%s makes nothing last longer than it was watched', async (_, jump) => {
  const { account, id, pass, rounds, types } = patrolScene();
  account.set(id, { gpu_util: 0 });
  await rounds(2);
  pass(jump);
  await rounds(2);
  expect(types().filter((type) => type !== 'observed.silence')).toEqual([]);
});

test('a week without a webhook is said once, and ends with the next webhook', async () => {
  const { id, pass, rounds, types, webhook } = patrolScene();
  await rounds(1);
  pass(SILENT_AFTER_MS - PATROL_INTERVAL_MS);
  await rounds(1);
  expect(types()).toEqual([]);
  await rounds(3);
  expect(types()).toEqual(['observed.silence']);
  await webhook('low_disk_space', id);
  await rounds(3);
  expect(types()).toEqual(['observed.silence', 'observed.cleared']);
});

test('a clock that was a year ahead does not put silence off', async () => {
  const year = 365 * 86_400_000;
  const { pass, rounds, types } = patrolScene();
  pass(year);
  await rounds(1);
  pass(-year);
  await rounds(1);
  pass(SILENT_AFTER_MS);
  await rounds(1);
  expect(types()).toEqual(['observed.silence']);
});

test('what the queue does not take is sent again, under the same id', async () => {
  const { account, id, rounds, send, told } = patrolScene();
  await rounds(1);
  account.stop(id, false);
  send.mockRejectedValue(new Error('Queue overloaded (10250)'));
  await rounds(3);
  expect(send).toHaveBeenCalledTimes(2);
  send.mockResolvedValue();
  await rounds(3);
  expect(new Set(told().map((event) => event.id)).size).toBe(1);
  expect(send).toHaveBeenCalledTimes(3);
});

test('what the queue refuses in the middle holds up what comes after it: each is told once, in order', async () => {
  const { account, ids, rounds, send } = patrolScene(30);
  await rounds(1);
  for (const id of ids) account.stop(id, false);
  const taken: unknown[] = [];
  send.mockImplementation(async (text) => {
    if (send.mock.calls.length % 7 === 0) throw new Error('Queue overloaded (10250)');
    taken.push(sentEvent(text).mentions?.instanceId);
  });
  await rounds(8);
  expect(taken).toEqual(ids);
});

test('without the ledger nobody can say how long it has been silent, and nothing is put off', async () => {
  const { bindings, pass, rounds, types } = patrolScene();
  await rounds(1);
  const { LEDGER } = bindings;
  bindings.LEDGER = { getByName: () => ({ heard: () => Promise.reject(new Error('out')) }) } as never;
  pass(SILENT_AFTER_MS);
  await rounds(1);
  expect(types()).toEqual([]);
  bindings.LEDGER = LEDGER;
  await rounds(1);
  expect(types()).toEqual(['observed.silence']);
});

test('an upgrade from a version that had a row for the picture loses no stop, and ends nothing', async () => {
  const { account, ids, rounds, types, withPatrol } = patrolScene(2);
  account.set(ids[0] ?? 0, { gpu_util: 0 });
  await rounds(times(PATROL_IDLE_MS) + 1);
  await withPatrol((patrol, { storage: { kv } }) => {
    const { picture, failed, heardAt } = patrol.memory();
    kv.put('picture', picture);
    kv.put('state', { failed, heardAt });
  });
  account.stop(ids[1] ?? 0, false);
  await rounds(3);
  expect(types()).toEqual(['observed.idle', 'instance_stopped']);
});

test('500 instances in trouble while the queue is out fit into the rows of the object, and are all told', async () => {
  const { account, ids, rounds, send, told, withPatrol } = patrolScene(500);
  send.mockRejectedValue(new Error('Queue overloaded (10250)'));
  const soon = { label: `lease=1m ${'x'.repeat(180)}`, start_date: 1, end_date: Date.now() / 1000 + 3_600 };
  for (const id of ids) account.set(id, soon);
  await rounds(1);
  for (const id of ids) account.stop(id, false);
  await rounds(2);
  const rows = await withPatrol((_, { storage }) =>
    [...storage.kv.list()].map(([, row]) => JSON.stringify(row).length),
  );
  // A row holds 2 MB at most; text beyond Latin-1 takes two bytes for each character.
  expect(Math.max(...rows)).toBeLessThan(1_000_000);
  send.mockClear();
  send.mockResolvedValue();
  await rounds(1);
  const count = (type: string) => told().filter((event) => event.type === type).length;
  expect(['observed.ends_soon', 'observed.lease_over', 'instance_stopped'].map(count)).toEqual([500, 500, 500]);
});

test('a clock that has jumped back hides no webhook', async () => {
  const { account, id, pass, rounds, types, webhook } = patrolScene();
  await rounds(1);
  pass(-3_600_000);
  account.stop(id, false);
  await webhook('instance_stopped', id);
  await rounds(3);
  expect(types()).toEqual([]);
});

test('without the ledger a transition waits, and what a webhook told meanwhile counts', async () => {
  const { account, id, ledger, rounds, types, webhook, bindings } = patrolScene();
  await rounds(1);
  account.stop(id, false);
  const { LEDGER } = bindings;
  bindings.LEDGER = { getByName: () => ({ heard: () => Promise.reject(new Error('out')) }) } as never;
  await rounds(3);
  expect(types()).toEqual([]);
  bindings.LEDGER = LEDGER;
  await webhook('instance_stopped', id);
  await rounds(1);
  expect(types()).toEqual([]);
  expect((await ledger.heard([])).last).toBe(Date.now() - PATROL_INTERVAL_MS);
});

test('an account beyond the limit is watched up to it, and says where', async () => {
  const { account, rounds, types, withPatrol, ids } = patrolScene(520);
  await rounds(1);
  const stoppedAfter = ids[499];
  expect(await withPatrol((patrol) => patrol.memory().picture)).toMatchObject({ total: 520, stoppedAfter });
  account.destroy(ids[0] ?? 0, false);
  account.stop(ids[510] ?? 0, false);
  await rounds(2);
  // One more comes in sight, which is not new; nobody saw what happened beyond.
  expect(types()).toEqual(['instance_deleted']);
});
