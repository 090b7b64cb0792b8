// Any interleaving of transitions, webhooks, looks, failures, crashes and deploys: each transition
// has one run, each condition one opening and one ending, and a failed look concludes nothing.
import { expect, test } from 'vitest';
import { startRuntime } from '../platform/runtime.ts';
import type { Fault } from '../platform/vast-account.ts';
import { Choices } from '../simulation/choices.ts';
import { PatrolWorld } from './world.ts';

const MINUTE = 60_000;
const FAULTS: Fault[] = [
  500,
  429,
  404,
  410,
  'cut',
  'half',
  'empty',
  'gone',
  'short',
  'empty_page',
  'no_id',
  'unsuccessful',
  'no_answer',
];
/** Longer than a webhook's lead: two changes of one instance are told apart. */
const PAUSES = [2 * MINUTE, 4 * MINUTE, 6 * MINUTE, 11 * MINUTE];

/** One move of the account: whatever its instance can do next. */
function change(world: PatrolWorld, id: number): void {
  const { account, choices } = world;
  const row = account.row(id);
  if (row === undefined) return;
  const { actual_status: actual, intended_status: intended } = row;
  if (intended === 'stopped')
    return void (actual === 'exited' && world.happen('resume', id, () => account.resume(id, false)));
  if (actual === 'offline') return world.happen('instance_online', id, () => account.online(id));
  if (actual !== 'running') return;
  switch (choices.below(6)) {
    case 0:
      return world.happen('instance_stopped', id, () => account.stop(id));
    case 1:
      return world.happen('instance_stopped', id, () => account.outbid(id));
    case 2:
      return world.happen('instance_offline', id, () => account.offline(id));
    case 3:
      return world.happen('instance_deleted', id, () => account.destroy(id));
    default:
      return account.set(id, { gpu_util: choices.pick([0, 0, 0, 90]) });
  }
}

/** One move of the platform. */
async function trouble(world: PatrolWorld): Promise<void> {
  const { account, choices, deployment, patrol } = world;
  switch (choices.below(10)) {
    case 0:
      account.faults.push(choices.pick(FAULTS));
      return;
    case 1:
      // What looks as if all were gone is believed after an hour of it.
      account.fault = account.fault === undefined ? choices.pick(FAULTS.filter((one) => one !== 'gone')) : undefined;
      return;
    case 2:
      deployment.events.out = !deployment.events.out;
      return;
    case 3:
      patrol.diesAfter = choices.below(5);
      return;
    case 4:
      return patrol.evict();
    case 5:
      patrol.alarmAt = null;
      return;
    default:
      await patrol.running().wake();
  }
}

async function play(seed: number): Promise<PatrolWorld> {
  const runtime = startRuntime();
  try {
    const world = new PatrolWorld(runtime, Choices.fromSeed(seed));
    world.account.outbidLagMs = 25_000;
    const ids = [1, 2, 3].map(() => world.account.add({ is_bid: true }));
    for (const id of ids) world.happened.set(`added ${id}`, 1);
    await runtime.finish(world.patrol.running().wake());
    await world.pass(MINUTE);
    for (let step = 0; step < 40; step += 1) {
      if (world.choices.chance(30)) await trouble(world);
      change(world, world.choices.pick(ids));
      await world.pass(world.choices.pick(PAUSES) + world.choices.below(MINUTE));
    }
    await world.calm();
    return world;
  } finally {
    runtime.restore();
  }
}

/** What is wrong after a run, one line each. */
function complaintsOf(world: PatrolWorld): string[] {
  const complaints: string[] = [];
  for (const [id, times] of world.ids) if (times > 1) complaints.push(`${id} ran ${times} times`);
  for (const [key, times] of world.visible) {
    const ran = world.runs.get(key) ?? 0;
    if (ran < times) complaints.push(`${key} was seen ${times} times and ran ${ran} times`);
  }
  for (const [key, ran] of world.runs) {
    if (!/^instance_(stopped|offline|online|deleted) /.test(key)) continue;
    const times = world.happened.get(key) ?? 0;
    if (ran > times) complaints.push(`${key} happened ${times} times and ran ${ran} times`);
  }
  const open = new Set<string>();
  for (const { id, type } of world.conditions) {
    const [, opening] = /^(.*):cleared$/.exec(id) ?? [];
    if (type === 'observed.cleared' && !open.delete(opening ?? '')) complaints.push(`${id} ended what was not open`);
    const kind = (name: string) => name.split(':').slice(0, 3).join(':');
    if (type === 'observed.cleared') continue;
    if ([...open].some((other) => kind(other) === kind(id))) complaints.push(`${id} opened twice`);
    open.add(id);
  }
  return complaints;
}

const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);

test('each transition has one run and each condition one opening and one ending, in any order', async () => {
  const told = new Map<string, number>();
  const complaints: string[] = [];
  for (const seed of SEEDS) {
    const world = await play(seed);
    complaints.push(...complaintsOf(world).map((complaint) => `seed ${seed}: ${complaint}`));
    for (const key of [...world.runs.keys(), ...world.conditions.map(({ type }) => type)]) {
      const [type = ''] = key.split(' ');
      told.set(type, (told.get(type) ?? 0) + 1);
    }
  }
  expect(complaints).toEqual([]);
  // A world in which nothing happens would prove nothing.
  for (const type of ['instance_stopped', 'instance_offline', 'instance_deleted', 'observed.idle', 'observed.blind']) {
    expect({ type, told: (told.get(type) ?? 0) > 2 }).toEqual({ type, told: true });
  }
});
