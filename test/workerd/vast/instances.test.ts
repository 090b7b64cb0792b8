// Reading instances, against a stand-in that keeps the API's page size, interval and errors.
import { expect, onTestFinished, test, vi } from 'vitest';
import { openInstances } from '../../../src/vast/instances.ts';
import { type Fault, READ_KEY, VastAccount } from '../../platform/vast-account.ts';

/** A reader of an account, on a clock that moves only while it sleeps. */
function scene(count = 0) {
  const clock = { now: Date.parse('2026-11-01T00:00:00Z'), slept: 0 };
  const account = new VastAccount(() => clock.now);
  for (let index = 0; index < count; index += 1) account.add();
  const sleep = async (ms: number) => {
    clock.now += ms;
    clock.slept += ms;
  };
  const options = { fetch: account.fetch, now: () => clock.now, sleep, maxTries: 1 };
  const open = (env = {}, more = {}) => openInstances({ VAST_READ_KEY: READ_KEY, ...env }, { ...options, ...more });
  const read = open();
  if (read === undefined) throw new Error('no reader');
  return { account, clock, open, read };
}

test('reads every page, in the order of ids, with the interval between them', async () => {
  const { account, clock, read } = scene(60);
  const list = await read({ limit: 500 });
  if (!list.ok) throw new Error(list.failure.kind);
  const ids = list.value.instances.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort((one, other) => one - other));
  expect(list.value).toMatchObject({ total: 60, stopped: false });
  expect(new Set(ids).size).toBe(60);
  expect(account.calls).toHaveLength(3);
  expect(clock.slept).toBe(2_200);
});

test.each([0, 25, 500])('an account of %i instances is complete', async (count) => {
  const { read } = scene(count);
  const list = await read({ limit: 500 });
  expect(list).toMatchObject({ ok: true, value: { total: count, stopped: false } });
  expect(list.ok && list.value.instances.length).toBe(count);
});

test('stops looking where it is told to, and says so', async () => {
  const { account, read } = scene(600);
  const list = await read({ limit: 500 });
  expect(list).toMatchObject({ ok: true, value: { total: 600, stopped: true } });
  expect(list.ok && list.value.instances.length).toBe(500);
  expect(account.calls).toHaveLength(20);
});

test('keeps the interval between calls that come from everywhere at once', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const account = new VastAccount();
  const read = openInstances({ VAST_READ_KEY: READ_KEY }, { fetch: account.fetch, maxTries: 1 });
  const lists = Promise.all([1, 2, 3].map(() => read?.({ limit: 500 })));
  await vi.advanceTimersByTimeAsync(2_300);
  expect((await lists).map((list) => list?.ok)).toEqual([true, true, true]);
});

test('a clock that jumps back an hour does not hold a read up', async () => {
  const { clock, read } = scene(1);
  await read({ limit: 500 });
  clock.now -= 3_600_000;
  clock.slept = 0;
  await read({ limit: 500 });
  expect(clock.slept).toBeLessThanOrEqual(30_000);
});

test('asks for some by their ids, and those that are gone are not in the answer', async () => {
  const { account, read } = scene(3);
  const id = account.add({ label: 'wanted' });
  const list = await read({ limit: 25, ids: [id, 1] });
  expect(list).toMatchObject({ ok: true, value: { total: 1, instances: [{ id, label: 'wanted' }] } });
});

test('a row gives the columns that were asked for and nothing else, and null where one is missing', async () => {
  const { account, open } = scene(1);
  const asked: URL[] = [];
  const row = { ...account.row(48_000_001), gpu_util: undefined, extra: 'extra-that-nobody-may-see' };
  // An API that answers with whole rows, whatever it is asked for.
  const fetch = async (input: RequestInfo | URL) => {
    asked.push(new URL(String(input)));
    return Response.json({ success: true, total_instances: 1, next_token: null, instances: [row] });
  };
  const list = await open({}, { fetch })?.({ limit: 500 });
  expect(JSON.stringify(list)).not.toMatch(/nobody-may-see|203\.0\.113/);
  if (!list?.ok) throw new Error('no list');
  const columns = Object.keys(list.value.instances[0] ?? {});
  expect(JSON.parse(asked[0]?.searchParams.get('select_cols') ?? '')).toEqual(columns);
  expect(columns).toContain('intended_status');
  expect(list.value.instances[0]?.gpu_util).toBeNull();
});

test.each([
  ['numbers as text', { id: '48000009', dph_total: '0.35', gpu_util: '1e1' }, { dph_total: 0.35, gpu_util: 10 }],
  ['nulls', { dph_total: null, actual_status: null, label: null }, { dph_total: null, actual_status: null }],
  [
    'states of the future',
    { actual_status: 'hibernating', intended_status: 'hibernating' },
    { actual_status: 'hibernating' },
  ],
  [
    'nonsense',
    { dph_total: 'free', num_gpus: {}, label: 7, is_bid: 'yes' },
    { dph_total: null, num_gpus: null, label: null, is_bid: null },
  ],
  ['numbers that are not decimal', { dph_total: '0x10', gpu_util: '0b11' }, { dph_total: null, gpu_util: null }],
  ['numbers that are empty', { dph_total: '', gpu_util: ' ' }, { dph_total: null, gpu_util: null }],
  ['a time that no date can be', { end_date: -1e15, start_date: 'Infinity' }, { end_date: null, start_date: null }],
  ['flags as numbers', { is_bid: 1 }, { is_bid: true }],
  ['a label that acts on terminals', { label: 'a\u001b[2Jb\nc' }, { label: 'a\ufffd[2Jb c' }],
])('tolerates %s', async (_, columns, expected) => {
  const { account, read } = scene(2);
  account.set(48_000_001, columns);
  const list = await read({ limit: 500 });
  expect(
    list.ok &&
      list.value.instances.some((one) =>
        Object.entries(expected).every(([name, value]) => one[name as 'label'] === value),
      ),
  ).toBe(true);
  expect(list.ok && list.value.instances.length).toBe(2);
});

test.each<{ id?: unknown; total?: unknown }>([
  ...[0, -1, 1.5, 2 ** 53, '', ' ', true, null].map((id) => ({ id })),
  ...[-1, 0.5, '', null].map((total) => ({ total })),
])('a list with %j is malformed', async ({ id = 7, total = 1 }) => {
  const { open } = scene();
  const fetch = async () => Response.json({ success: true, instances: [{ id }], total_instances: total });
  expect(await open({}, { fetch })?.({ limit: 500 })).toMatchObject({ ok: false, failure: { kind: 'malformed' } });
});

const failures: [Fault, object][] = [
  [500, { kind: 'status', status: 500 }],
  [401, { kind: 'status', status: 401 }],
  [404, { kind: 'status', status: 404 }],
  [410, { kind: 'status', status: 410 }],
  [429, { kind: 'status', status: 429 }],
  ['unsuccessful', { kind: 'unsuccessful' }],
  ['cut', { kind: 'malformed' }],
  ['half', { kind: 'partial' }],
  ['empty_page', { kind: 'partial' }],
  ['no_id', { kind: 'malformed' }],
  ['circle', { kind: 'partial' }],
  ['web_page', { kind: 'web_page' }],
  ['no_answer', { kind: 'network' }],
];

test.each(failures)('a second page that fails with %s is a failure, not half a picture', async (fault, failure) => {
  const { account, read } = scene(60);
  account.faults.push(null, fault, fault === 'circle' ? fault : null);
  expect(await read({ limit: 500 })).toMatchObject({ ok: false, failure });
});

test('an instance that goes while the pages are read does not make the picture partial', async () => {
  const { account, open } = scene(60);
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (account.calls.length === 1) account.destroy(48_000_001);
    return account.fetch(input as string, init);
  };
  expect(await open({}, { fetch })?.({ limit: 500 })).toMatchObject({ ok: true, value: { stopped: false } });
});

test.each([
  ['without a key', { VAST_READ_KEY: '' }],
  ['with a key that no header can carry', { VAST_READ_KEY: 'a b' }],
  ['with an address where others could read the key', { VAST_API_URL: 'http://vast.example' }],
  ['with an address that is none', { VAST_API_URL: 'vast' }],
])('there is no reader %s', (_, env) => {
  expect(scene().open(env)).toBeUndefined();
});
