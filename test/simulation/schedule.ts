// One run: some time of trouble, then calm, then the accounts. Whatever went wrong before the calm,
// everything that was accepted must end well after it.
import { stored, unfinishedRows } from './adapter.ts';
import { Choices } from './choices.ts';
import { openStorage, type Storage } from './sqlite.ts';
import { drawKinds, type Kind, trouble } from './trouble.ts';
import { install, settled, VirtualTime } from './virtual-time.ts';
import { Violation, World } from './world.ts';

export interface RunResult {
  /** What was broken, or nothing. */
  readonly violation: string | undefined;
  readonly choices: readonly number[];
  /** Everything that happened, a line each: put into words only for who asks. */
  readonly trace: () => readonly string[];
  readonly steps: number;
}

/** Enough for every back-off, every lease and several rounds of the watchdog. */
const MAX_CALM_STEPS = 4_000;

const time = new VirtualTime();
let storage: Storage | undefined;

/**
 * Plays one run. Runs share the process's virtual globals, so one at a time.
 *
 * @param only Kinds of trouble to have; drawn where it is left out.
 */
export async function runSchedule(
  choices: Choices,
  only?: readonly Kind[],
  without: readonly Kind[] = [],
): Promise<RunResult> {
  storage ??= openStorage();
  storage.clear();
  time.reset();
  const restore = install(time);
  const failures: Error[] = [];
  const catchStray = (error: Error) => failures.push(error);
  process.on('unhandledRejection', catchStray);
  process.on('uncaughtException', catchStray);
  const world = new World(choices, time, storage);
  const trace = () => world.platform.trace;
  let steps = 0;
  const check = async () => {
    steps += 1;
    await settled();
    if (failures[0]) throw failures[0];
    const [broken] = world.accounts.violations;
    if (broken !== undefined) throw new Violation(broken);
  };
  try {
    const kinds = drawKinds(choices, only, without);
    await trouble(world, kinds, check);
    await calm(world, check);
    checkAtRest(world, kinds);
    return { violation: undefined, choices: choices.taken, trace, steps };
  } catch (error) {
    const violation = error instanceof Violation ? error.message : `unforeseen: ${(error as Error).stack}`;
    return { violation, choices: choices.taken, trace, steps };
  } finally {
    restore();
    process.off('unhandledRejection', catchStray);
    process.off('uncaughtException', catchStray);
  }
}

/** Everything works again: let it come to rest. */
async function calm(world: World, check: () => Promise<void>): Promise<void> {
  const { platform, time, events, deadLetters, consumers } = world;
  platform.note('CALM');
  platform.out.clear();
  world.temper.calm = true;
  world.finishRollout();
  let touched = false;
  for (let step = 0; step < MAX_CALM_STEPS; step += 1) {
    if (platform.calls.length > 0) platform.perform(0);
    else if (events.visible().length > 0) consumers.start(events);
    else if (deadLetters.visible().length > 0) consumers.start(deadLetters);
    else if (isAtRest(world)) return;
    else if (!touched && !world.object.alarmIsSet && unfinished(world).length > 0) {
      touched = true;
      await world.touchObject();
    } else time.advance();
    await check();
  }
  throw new Violation(`no rest: ${unfinished(world).join(', ') || 'messages or requests remain'}`);
}

function isAtRest(world: World): boolean {
  const empty = world.events.messages.length === 0 && world.deadLetters.messages.length === 0;
  return empty && world.consumers.running.size === 0 && !world.provider.waiting && unfinished(world).length === 0;
}

function unfinished(world: World): string[] {
  return unfinishedRows(world.storage);
}

function checkAtRest(world: World, kinds: ReadonlySet<Kind>): void {
  const { accounts, storage, temper } = world;
  for (const [id, told] of world.provider.told) {
    const status = stored(storage, id)?.status;
    if (accounts.expired.has(id) || (status === 'quarantined' && accounts.purged.has(id))) continue;
    // Whatever else goes wrong may keep the news of a death from being told; by itself it is told.
    if (temper.killers.has(id) && told.accepted && kinds.size === 1) {
      if (status !== 'dead') throw new Violation(`${id} kills its consumers and ended as ${status ?? 'nothing'}`);
      if (!accounts.wasTold(id)) throw new Violation(`${id} died and nobody was told`);
    }
    if (told.accepted && status !== 'processed' && status !== 'dead') {
      throw new Violation(`${id} was accepted and ended as ${status ?? 'nothing'}`);
    }
    if (told.refusedGenuine && status === undefined) {
      throw new Violation(`${id} was genuine, refused, and not kept`);
    }
    if (told.forged && !told.fresh && status !== undefined)
      throw new Violation(`${id} was forged and is in the ledger`);
  }
  for (const [id, runsBefore] of accounts.replayed) {
    if (accounts.expired.has(id)) continue;
    if ((accounts.runs.get(id) ?? 0) <= runsBefore) throw new Violation(`${id} was replayed and did not run`);
  }
}

export { kindNames } from './trouble.ts';
export { Choices, type Kind };
