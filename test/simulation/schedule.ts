// One run: some time of trouble, then calm, then the accounts. Whatever went wrong before the calm, everything that was
// accepted must end well after it.
import { Choices } from './choices.ts';
import { openStorage, type Storage } from './sqlite.ts';
import { install, settled, VirtualTime } from './virtual-time.ts';
import { Violation, World } from './world.ts';

export interface RunResult {
  /** What was broken, or nothing. */
  readonly violation: string | undefined;
  readonly choices: readonly number[];
  readonly trace: readonly string[];
  readonly steps: number;
}

const MAX_TROUBLE_STEPS = 90;
/** Enough for every back-off, every lease and several rounds of the watchdog. */
const MAX_CALM_STEPS = 4_000;

const time = new VirtualTime();
let storage: Storage | undefined;

/** Plays one run. Runs share the process's virtual globals, so one at a time. */
export async function runSchedule(choices: Choices): Promise<RunResult> {
  storage ??= openStorage();
  storage.clear();
  time.reset();
  const restore = install(time);
  const failures: Error[] = [];
  const catchStray = (error: Error) => failures.push(error);
  process.on('unhandledRejection', catchStray);
  process.on('uncaughtException', catchStray);
  const world = new World(choices, time, storage);
  let steps = 0;
  const check = async () => {
    steps += 1;
    await settled();
    if (failures[0]) throw failures[0];
    if (world.violations[0] !== undefined) throw new Violation(world.violations[0]);
  };
  try {
    await trouble(world, check);
    await calm(world, check);
    checkAtRest(world);
    return { violation: undefined, choices: choices.taken, trace: world.platform.trace, steps };
  } catch (error) {
    const violation = error instanceof Violation ? error.message : `unforeseen: ${(error as Error).stack}`;
    return { violation, choices: choices.taken, trace: world.platform.trace, steps };
  } finally {
    restore();
    process.off('unhandledRejection', catchStray);
    process.off('uncaughtException', catchStray);
  }
}

/** One thing that can happen next, and how much more likely than others. */
interface Move {
  readonly weight: number;
  readonly make: () => void | Promise<void>;
}

async function trouble(world: World, check: () => Promise<void>): Promise<void> {
  const { choices, platform } = world;
  const ids = ['a', 'b', 'c'].slice(0, 1 + choices.below(3));
  // Each run has its own kinds of trouble: all at once, every run would look alike.
  const kinds = {
    failures: choices.chance(60),
    outages: choices.chance(40),
    longOutages: choices.chance(15),
    deaths: choices.chance(50),
    restarts: choices.chance(40),
    purges: choices.chance(25),
    replays: choices.chance(40),
    strangers: choices.chance(30),
    latecomers: choices.chance(50),
  };
  const waiting = [...ids];
  for (let step = choices.below(MAX_TROUBLE_STEPS); step > 0; step -= 1) {
    const moves: Move[] = [];
    const may = (weight: number, make: Move['make']) => moves.push({ weight, make });
    const { calls } = platform;
    if (calls.length > 0) may(40, () => platform.perform(choices.below(calls.length)));
    const next = waiting[0];
    if (next) may(8, () => world.provider.announce(waiting.shift() ?? next));
    for (const queue of [world.events, world.deadLetters]) {
      if (queue.visible().length > 0) may(20, () => world.consume(queue));
    }
    if (!time.idle) may(12, () => time.advance());
    if (kinds.failures && calls.length > 0) {
      may(6, () => platform.fail(choices.below(calls.length), choices.chance(50)));
    }
    if (kinds.outages) may(2, () => toggleOutage(world));
    if (kinds.longOutages) may(1, () => outlastTries(world, check));
    if (kinds.deaths && world.invocations.size > 0) {
      may(4, () => world.killConsumer(choices.pick([...world.invocations])));
    }
    if (kinds.deaths && world.provider.requests.length > 0) {
      may(2, () => platform.kill(choices.pick(world.provider.requests)));
    }
    if (kinds.restarts) may(2, () => world.object.restart());
    if (kinds.purges) may(2, () => purge(world));
    if (kinds.replays) may(2, () => world.replay(choices.pick(ids)));
    if (kinds.strangers) may(2, () => world.provider.forge('forged'));
    if (kinds.latecomers) may(3, () => world.provider.resend(choices.pick([...ids, 'late'])));
    if (moves.length === 0) break;
    await choose(moves, choices)();
    await check();
  }
}

function choose(moves: readonly Move[], choices: Choices): Move['make'] {
  let rest = choices.below(moves.reduce((sum, move) => sum + move.weight, 0));
  for (const move of moves) {
    if (rest < move.weight) return move.make;
    rest -= move.weight;
  }
  throw new Error('no move was chosen');
}

function toggleOutage({ platform, choices }: World): void {
  const service = choices.pick(['kv', 'queue', 'ledger'] as const);
  if (!platform.out.delete(service)) platform.out.add(service);
  platform.note(`${service} is ${platform.out.has(service) ? 'OUT' : 'back'}`);
}

/** The ledger stays out until some message has used up its tries (hours of model time), then comes back. */
async function outlastTries(world: World, check: () => Promise<void>): Promise<void> {
  const { platform, time, events, deadLetters } = world;
  platform.note('the ledger is OUT for hours');
  platform.out.add('ledger');
  const exhausted = () => deadLetters.messages.some((message) => message.body.includes('"kind":"event"'));
  for (let step = 0; step < 400 && !exhausted(); step += 1) {
    if (platform.calls.length > 0) platform.perform(0);
    else if (events.visible().length > 0) world.consume(events);
    else if (events.messages.length === 0 || time.idle) break;
    else time.advance();
    await check();
  }
  platform.out.delete('ledger');
  platform.note('the ledger is back');
}

/** Empties the queue of events that the ledger has met: nothing could bring back one that is nowhere else. */
function purge(world: World): void {
  world.platform.note('the queue is PURGED');
  world.events.purge((message) => {
    const status = world.statusOf(idIn(message.body));
    return status !== undefined && status !== 'quarantined';
  });
}

function idIn(body: string): string {
  return (JSON.parse(body) as { event: { id: string } }).event.id;
}

/** Everything works again: let it come to rest. */
async function calm(world: World, check: () => Promise<void>): Promise<void> {
  const { platform } = world;
  platform.note('CALM');
  platform.out.clear();
  world.calm = true;
  for (let step = 0; step < MAX_CALM_STEPS; step += 1) {
    if (platform.calls.length > 0) platform.perform(0);
    else if (world.events.visible().length > 0) world.consume(world.events);
    else if (world.deadLetters.visible().length > 0) world.consume(world.deadLetters);
    else if (isAtRest(world)) return;
    else time.advance();
    await check();
  }
  throw new Violation(`no rest: ${unfinished(world).join(', ') || 'messages or requests remain'}`);
}

function isAtRest(world: World): boolean {
  const empty = world.events.messages.length === 0 && world.deadLetters.messages.length === 0;
  return empty && world.invocations.size === 0 && !world.provider.waiting && unfinished(world).length === 0;
}

function unfinished(world: World): string[] {
  return world.storage.sql
    .exec<{ id: string; status: string }>(
      "SELECT id, status FROM events WHERE status IN ('processing', 'retrying', 'queued')",
    )
    .toArray()
    .map(({ id, status }) => `${id} is ${status}`);
}

function checkAtRest(world: World): void {
  for (const [id, told] of world.provider.told) {
    const status = world.statusOf(id);
    if (told.accepted && status !== 'processed' && status !== 'dead') {
      throw new Violation(`${id} was accepted and ended as ${status ?? 'nothing'}`);
    }
    if (told.refusedGenuine && status === undefined) {
      throw new Violation(`${id} was genuine, refused, and not kept`);
    }
    if (told.forged && !told.fresh && status !== undefined)
      throw new Violation(`${id} was forged and is in the ledger`);
  }
  for (const [id, runsBefore] of world.replayed) {
    if ((world.runs.get(id) ?? 0) <= runsBefore) throw new Violation(`${id} was replayed and did not run`);
  }
}

export { Choices };
