// The kinds of trouble that a run may be in, and the moves that each of them adds. All at once,
// every run would look alike.
import { eventIn, stored } from './adapter.ts';
import type { Choices } from './choices.ts';
import type { World } from './world.ts';

/** Each with how often a run has it, in percent. */
const KINDS = {
  failures: 60,
  outages: 40,
  longOutages: 15,
  deaths: 50,
  restarts: 40,
  purges: 25,
  replays: 40,
  strangers: 30,
  latecomers: 50,
  kills: 15,
  alarms: 15,
  endpoints: 25,
  newer: 10,
  clocks: 25,
  storage: 15,
  days: 10,
  months: 3,
} as const;

export type Kind = keyof typeof KINDS;
export const kindNames = Object.keys(KINDS) as Kind[];

const SKEW_MS = 15_000;
const DAY_MS = 86_400_000;
const MAX_TROUBLE_STEPS = 90;

type Check = () => Promise<void>;

/** One thing that can happen next, and how much more likely than others. */
interface Move {
  readonly weight: number;
  readonly make: () => void | Promise<void>;
}

/** Kinds that let weeks of watchdog rounds pass: a run with one costs as much as fifty others. */
export const LONG_KINDS: readonly Kind[] = ['days', 'months'];

/** The kinds of trouble of one run: drawn, or only those that are named. */
export function drawKinds(
  choices: Choices,
  only: readonly Kind[] | undefined,
  without: readonly Kind[],
): ReadonlySet<Kind> {
  if (only) return new Set(only);
  return new Set(kindNames.filter((kind) => choices.chance(KINDS[kind]) && !without.includes(kind)));
}

/** Some time of trouble. */
export async function trouble(world: World, kinds: ReadonlySet<Kind>, check: Check): Promise<void> {
  const { choices, platform, time, temper } = world;
  const ids = ['a', 'b', 'c'].slice(0, 1 + choices.below(3));
  if (kinds.has('kills')) for (const id of ids) if (choices.chance(60)) temper.killers.add(id);
  if (kinds.has('clocks')) platform.skewMs = SKEW_MS;
  if (kinds.has('days') && choices.chance(50)) {
    for (const queue of [world.events, world.deadLetters]) queue.retentionMs = DAY_MS;
  }
  const waiting = [...ids];
  for (let step = choices.below(MAX_TROUBLE_STEPS); step > 0; step -= 1) {
    const moves: Move[] = [];
    const may = (weight: number, make: Move['make']) => moves.push({ weight, make });
    const { calls } = platform;
    if (calls.length > 0) may(40, () => platform.perform(choices.below(calls.length)));
    const next = waiting[0];
    if (next) may(8, () => world.provider.announce(waiting.shift() ?? next));
    for (const queue of [world.events, world.deadLetters]) {
      if (queue.visible().length > 0) may(20, () => world.consumers.start(queue));
    }
    if (!time.idle) may(12, () => time.advance());
    addFaults(world, kinds, ids, may, check);
    if (moves.length === 0) break;
    await choose(moves, choices)();
    await check();
  }
}

function addFaults(
  world: World,
  kinds: ReadonlySet<Kind>,
  ids: readonly string[],
  may: (weight: number, make: Move['make']) => void,
  check: Check,
): void {
  const { choices, platform, consumers, provider } = world;
  const { calls } = platform;
  const when = (kind: Kind, weight: number, make: Move['make']) => {
    if (kinds.has(kind)) may(weight, make);
  };
  if (calls.length > 0) when('failures', 6, () => platform.fail(choices.below(calls.length), choices.chance(50)));
  when('outages', 2, () => toggleOutage(world));
  when('longOutages', 1, () => outlastTries(world, check));
  if (consumers.running.size > 0) when('deaths', 4, () => consumers.kill(choices.pick([...consumers.running])));
  if (provider.requests.length > 0) when('deaths', 2, () => platform.kill(choices.pick(provider.requests)));
  when('restarts', 2, () => world.object.restart());
  when('purges', 2, () => purge(world));
  when('replays', 2, () => world.replay(choices.pick(ids)));
  when('replays', 1, () => world.replayMany());
  when('strangers', 2, () => provider.forge('forged'));
  when('latecomers', 3, () => provider.resend(choices.pick([...ids, 'late'])));
  when('endpoints', 4, () => provider.announce(choices.pick(ids), 'host'));
  when('newer', 3, () => world.acceptAsNewer(choices.pick(['n', 'm'])));
  when('storage', 3, () => toggle(world, 'storage'));
  when('alarms', 2, () => outlastAlarm(world, check));
  when('days', 1, () => pause(world, choices.pick([1, 2, 5]), check));
  when('months', 1, () => pause(world, 32, check));
}

function choose(moves: readonly Move[], choices: Choices): Move['make'] {
  let rest = choices.below(moves.reduce((sum, move) => sum + move.weight, 0));
  for (const move of moves) {
    if (rest < move.weight) return move.make;
    rest -= move.weight;
  }
  throw new Error('no move was chosen');
}

function toggleOutage(world: World): void {
  toggle(world, world.choices.pick(['kv', 'queue', 'ledger'] as const));
}

function toggle({ platform }: World, service: 'kv' | 'queue' | 'ledger' | 'storage'): void {
  if (!platform.out.delete(service)) platform.out.add(service);
  platform.note(`${service} is ${platform.out.has(service) ? 'OUT' : 'back'}`);
}

/**
 * The ledger stays out until some message has used up its tries (hours of model time), then comes
 * back.
 */
async function outlastTries(world: World, check: Check): Promise<void> {
  const { platform, time, events, deadLetters } = world;
  platform.note('the ledger is OUT for hours');
  platform.out.add('ledger');
  const exhausted = () => deadLetters.messages.some((message) => message.body.includes('"kind":"event"'));
  for (let step = 0; step < 400 && !exhausted(); step += 1) {
    if (platform.calls.length > 0) platform.perform(0);
    else if (events.visible().length > 0) world.consumers.start(events);
    else if (events.messages.length === 0 || time.idle) break;
    else time.advance();
    await check();
  }
  platform.out.delete('ledger');
  platform.note('the ledger is back');
}

/** Something keeps the alarm from succeeding until the platform gives it up. */
async function outlastAlarm(world: World, check: Check): Promise<void> {
  const { platform, time, object, choices } = world;
  const service = choices.pick(['storage', 'ledger'] as const);
  platform.note(`${service} is OUT until the alarm is given up`);
  platform.out.add(service);
  for (let step = 0; step < 200 && !object.alarmDropped; step += 1) {
    if (platform.calls.length > 0) platform.perform(0);
    else if (time.idle || !object.alarmIsSet) break;
    else time.advance();
    await check();
  }
  platform.out.delete(service);
  platform.note(`${service} is back`);
}

/** Consumers stand still for days, while time and whatever else is there go on. */
async function pause(world: World, days: number, check: Check): Promise<void> {
  const { platform, time, events, deadLetters, consumers } = world;
  platform.note(`no consumer runs for ${days} days`);
  const until = time.now + days * DAY_MS;
  // No invocation lasts longer than 15 minutes.
  time.at(time.now + 15 * 60_000, () => {
    for (const invocation of consumers.running) consumers.kill(invocation);
  });
  let reached = false;
  time.at(until, () => {
    reached = true;
  });
  for (let step = 0; step < 20_000 && !reached; step += 1) {
    if (platform.calls.length > 0) platform.perform(0);
    else time.advance();
    await check();
  }
  for (const queue of [events, deadLetters]) queue.visible();
}

/**
 * Empties the queue of events that the ledger has met: nothing could bring back one that is nowhere
 * else.
 */
function purge({ platform, events, storage, accounts }: World): void {
  platform.note('the queue is PURGED');
  events.purge((message) => {
    const key = eventIn(message.body);
    const status = stored(storage, key)?.status;
    if (status === 'queued') accounts.purged.add(key);
    return status !== undefined && status !== 'quarantined';
  });
}
