// Every change between two looks, and every condition, one by one: what is told of it.
import { describe, expect, test } from 'vitest';
import {
  PATROL_ENDS_WITHIN_MS,
  PATROL_IDLE_MS,
  PATROL_INTERVAL_MS,
  PATROL_STOPPED_MS,
  PATROL_STUCK_MS,
  PATROL_WEBHOOK_LEAD_MS,
} from '../../../src/limits.ts';
import { factsOf } from '../../../src/patrol/conditions.ts';
import { nextPicture } from '../../../src/patrol/picture.ts';
import type { Instance } from '../../../src/vast/instances.ts';
import { lookAt } from './look-at.ts';

const T0 = Date.UTC(2026, 10, 30);
const ID = 48_000_001;

const instance = (changes: Partial<Instance> = {}): Instance => ({
  ...{ id: ID, machine_id: 101, label: 'train', gpu_name: 'RTX 4090', num_gpus: 2, gpu_util: 97, is_bid: false },
  ...{ dph_total: 0.62, storage_total_cost: 0.04, intended_status: 'running', actual_status: 'running' },
  ...{ status_msg: 'all is well', start_date: T0 / 1000, end_date: null, uptime_mins: 5 },
  ...changes,
});
const listOf = (...instances: Instance[]) => ({ instances, total: instances.length, stopped: false });

const LOADING = { actual_status: 'loading' };
const STOPPED = { intended_status: 'stopped', actual_status: 'exited' };
const OUTBID = { intended_status: 'stopped' };
const OFFLINE = { actual_status: 'offline' };
const UNHEARD = { actual_status: 'unknown' };
const NEW = { actual_status: null };
const GONE = null;

type Look = Partial<Instance> | null;
type Differences = ReturnType<typeof lookAt>;

const transitionsOf = ({ sightings }: Differences) =>
  sightings.flatMap(({ event, wait }) => (wait ? [{ event, ...wait }] : []));

/** What each look tells of one instance, beside another that never changes. */
function toldOf(...looks: Look[]): string[][] {
  let last: Differences | undefined;
  return looks.map((look, index) => {
    const list = listOf(...(look ? [instance(look)] : []), instance({ id: ID + 1 }));
    last = lookAt(last?.picture ?? null, list, last?.conditions ?? [], T0 + index * PATROL_INTERVAL_MS);
    return last.sightings.map(({ event }) => event.type);
  });
}

describe('transitions', () => {
  test.each<[string, Look[], string[]]>([
    ['nothing changes', [{}, {}, {}], []],
    ['a stop', [{}, STOPPED], ['instance_stopped']],
    ['an outbid, whose actual state follows', [{}, OUTBID, STOPPED], ['instance_stopped']],
    ['a container that exits', [{}, { actual_status: 'exited' }], ['instance_stopped']],
    ['a stop while it loads', [LOADING, STOPPED], ['instance_stopped']],
    ['a return', [{}, STOPPED, LOADING, {}], ['instance_stopped', 'instance_resumed']],
    ['a start of one that was stopped at the first look', [STOPPED, {}], ['instance_resumed']],
    ['a first start', [GONE, NEW, LOADING, {}], ['instance_started']],
    ['a first start between two looks', [GONE, {}], ['instance_started']],
    ['one that is new and stopped', [GONE, STOPPED], []],
    ['one that is destroyed', [{}, GONE, GONE], ['instance_deleted']],
    ['offline and back', [{}, OFFLINE, OFFLINE, {}], ['instance_offline', 'instance_online']],
    ['a missed heartbeat', [{}, UNHEARD, {}], []],
    ['no heartbeat while offline', [{}, OFFLINE, UNHEARD, OFFLINE, {}], ['instance_offline', 'instance_online']],
    ['offline at the first look', [OFFLINE, {}], ['instance_online']],
    ['stopped while offline', [{}, OFFLINE, { ...OFFLINE, ...OUTBID }], ['instance_offline', 'instance_stopped']],
    ['destroyed while offline', [{}, OFFLINE, GONE], ['instance_offline', 'instance_deleted']],
    ['a reboot', [{}, { actual_status: 'rebooting' }, {}], []],
    ['a freeze', [{}, { intended_status: 'frozen', actual_status: 'frozen' }, {}], []],
    ['a state of the future', [{}, { actual_status: 'hibernating' }, {}], []],
    ['a state that went missing', [{}, { actual_status: null, intended_status: null }, {}], []],
  ])('%s', (_, looks, expected) => {
    expect(toldOf(...looks).flat()).toEqual(expected);
  });

  test('each knows since when a webhook may have told of it, and which', () => {
    const before = lookAt(null, listOf(instance({ is_bid: true })), [], T0).picture;
    const stopped = listOf(instance({ is_bid: true, ...STOPPED }));
    const transitions = transitionsOf(lookAt(before, stopped, [], T0 + 300_000));
    expect(transitions).toMatchObject([
      {
        types: ['instance_stopped', 'outbid'],
        instanceId: ID,
        after: T0 - PATROL_WEBHOOK_LEAD_MS,
        event: {
          id: `observed:${ID}:instance_stopped:${(T0 + 300_000) / 1000}`,
          created: '2026-11-30T00:05:00.000Z',
          mentions: { instanceId: ID, machineId: 101 },
          data: { subject: `Instance #${ID} has stopped`, message: expect.stringContaining('may have been outbid') },
        },
      },
    ]);
  });

  test('one that is not interruptible is never said to have been outbid', () => {
    const before = lookAt(null, listOf(instance()), [], T0).picture;
    const [transition] = transitionsOf(lookAt(before, listOf(instance(STOPPED)), [], T0 + 1));
    expect(transition?.types).toEqual(['instance_stopped']);
    expect(JSON.stringify(transition?.event)).not.toMatch(/outbid/);
  });

  test('beyond where the list stops nothing is concluded', () => {
    const two = { instances: [instance(), instance({ id: ID + 1 })], total: 2, stopped: false };
    const one = { instances: [instance()], total: 2, stopped: true };
    const whole = lookAt(null, two, [], T0).picture;
    const stopped = lookAt(whole, one, [], T0 + 1);
    expect(stopped.sightings).toEqual([]);
    expect(lookAt(stopped.picture, two, [], T0 + 2).sightings).toEqual([]);
  });

  test('500 instances that go at once are told of one by one', () => {
    const many = Array.from({ length: 500 }, (_, index) => instance({ id: ID + index }));
    const before = lookAt(null, listOf(...many), [], T0).picture;
    const { sightings } = lookAt(before, listOf(), [], T0 + 1);
    expect(new Set(sightings.map(({ event }) => event.id)).size).toBe(500);
  });
});

/** The first look at which each is told, at a look every five minutes. */
function openingsOf(look: Partial<Instance>, looks: number): [number, string][] {
  const told = toldOf(...Array.from({ length: looks }, () => look));
  return told.flatMap((types, index) => types.map((type): [number, string] => [index, type]));
}

describe('conditions', () => {
  const hour = 3_600;
  const looksOf = (ms: number) => ms / PATROL_INTERVAL_MS;
  const end = (ms: number) => ({ end_date: (T0 + ms) / 1000 });

  test.each<[string, Partial<Instance>, number, string]>([
    ['a GPU that is idle', { gpu_util: 4.9 }, looksOf(PATROL_IDLE_MS), 'observed.idle'],
    ['one that keeps loading', LOADING, looksOf(PATROL_STUCK_MS), 'observed.stuck_loading'],
    ['one that is never provisioned', NEW, looksOf(PATROL_STUCK_MS), 'observed.stuck_loading'],
    ['one that is stopped', STOPPED, looksOf(PATROL_STOPPED_MS), 'observed.stopped_still_billing'],
    ['one that ends in 25 hours', end(PATROL_ENDS_WITHIN_MS + 3_600_000), 13, 'observed.ends_soon'],
    ['a lease of 6 h', { label: 'x lease=6h', start_date: T0 / 1000 - 5 * hour }, 12, 'observed.lease_over'],
    ['a lease of 90 min', { label: 'lease=90m', start_date: T0 / 1000 }, 18, 'observed.lease_over'],
    ['a lease of half a day', { label: 'LEASE=0.5d', start_date: T0 / 1000 }, 144, 'observed.lease_over'],
  ])('%s is told once, at its time', (_, look, at, type) => {
    expect(openingsOf(look, at + 20)).toEqual([[at, type]]);
  });

  test.each<[string, Partial<Instance>]>([
    ['a busy GPU', { gpu_util: 5 }],
    ['a load that nobody knows', { gpu_util: null }],
    ['an idle GPU that is offline', { gpu_util: 0, ...OFFLINE }],
    ['a stopped one without a disk to pay', { ...STOPPED, storage_total_cost: 0 }],
    ['a stopped one whose price nobody knows', { ...STOPPED, storage_total_cost: null }],
    ['no end', { end_date: null }],
    ['a lease that is none', { label: 'lease=soon released=1h', start_date: 1 }],
    ['a lease of one that is stopped', { ...STOPPED, label: 'lease=1m', start_date: 1, storage_total_cost: 0 }],
    ['a lease of one whose start nobody knows', { label: 'lease=1m', start_date: null }],
  ])('%s is nothing to tell', (_, look) => {
    expect(openingsOf(look, looksOf(PATROL_STOPPED_MS) + 5)).toEqual([]);
  });

  test('an unknown value neither opens nor ends one', () => {
    const idle = Array.from({ length: 13 }, () => ({ gpu_util: 0 }));
    const told = toldOf(...idle, { gpu_util: null }, { gpu_util: null }, { gpu_util: 0 }, { gpu_util: 50 });
    expect(told.flat()).toEqual(['observed.idle', 'observed.cleared']);
    expect(told.at(-1)).toEqual(['observed.cleared']);
  });

  test('one that nobody can judge any more stays open until somebody can', () => {
    const soon = { ...end(3_600_000), start_date: T0 / 1000 };
    const told = toldOf(soon, { end_date: null }, { end_date: null }, soon, end(9e9));
    expect(told).toEqual([['observed.ends_soon'], [], [], [], ['observed.cleared']]);
  });

  test('one busy look begins the hour again', () => {
    const idle = Array.from({ length: 12 }, () => ({ gpu_util: 0 }));
    expect(toldOf(...idle, {}, ...idle).flat()).toEqual([]);
  });

  test.each([
    ['over the limit', 0.5, {}, true],
    ['at the limit', 0.62, {}, false],
    ['no limit', null, {}, false],
    ['a price that nobody knows, below the limit', 0.7, { dph_total: null }, null],
    ['a price that nobody knows, over the limit all the same', 0.6, { dph_total: null }, true],
  ] as const)('the burn rate with %s', (_, limit, changes, holds) => {
    const picture = nextPicture(null, listOf(instance(), instance({ id: ID + 1, dph_total: 0, ...changes })), T0);
    const fact = factsOf(picture, null, 0, limit).find(({ type }) => type === 'observed.burn_rate');
    expect(fact?.holds).toBe(holds);
    expect(fact?.data().message).toBe(`They cost $0.62/h together; your limit is $${limit}/h.`);
  });

  test('one that ends and opens again has ids of its own', () => {
    const looks = [end(3_600_000), end(9e9), end(3_600_000), end(9e9)];
    const ids: string[] = [];
    let last: Differences | undefined;
    for (const [index, look] of looks.entries()) {
      const at = T0 + index * PATROL_INTERVAL_MS;
      last = lookAt(last?.picture ?? null, listOf(instance(look)), last?.conditions ?? [], at);
      ids.push(...last.sightings.map(({ event }) => event.id));
    }
    const [first, second] = [T0 / 1000, T0 / 1000 + 600].map((at) => `observed:${ID}:observed.ends_soon:${at}`);
    expect(ids).toEqual([first, `${first}:cleared`, second, `${second}:cleared`]);
  });
});
