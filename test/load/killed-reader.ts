// A reader of the feed that is killed at random points, as SIGKILL does, and started again after
// the last line that it printed in full: what was on its way then is lost.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { CliFailure } from '../../src/cli/cli-failure.ts';
import { projectRoot } from '../../src/cli/project-root.ts';
import { randomFrom } from './mix.ts';
import type { LedgerRow, Promised } from './reconcile.ts';

const EVENTS = join(projectRoot, 'src/cli/events.ts');
/** It is killed after so many lines or milliseconds at most, and at random before. */
const MOST_LINES = 50;
const MOST_MS = 5_000;

interface Read {
  readonly seq: number;
  readonly id: string;
}

/** What a reader has read, held against the ledger. */
export interface Reading {
  readonly read: number;
  readonly kills: number;
  /** Accepted and processed, and never read. */
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  /** Read in another place than the ledger has it in, or before one that comes first. */
  readonly misplaced: readonly string[];
}

export function isEachOnceInOrder({ missing, twice, misplaced }: Reading): boolean {
  return missing.length + twice.length + misplaced.length === 0;
}

interface ReaderOptions {
  readonly worker: string;
  readonly token: string;
  /** The place in the ledger to begin after. */
  readonly place: number;
  readonly events: number;
  readonly seed: number;
}

/** Reads until `finish`, which reads the rest in peace. */
export function startKilledReader({ worker, token, place: from, events, seed }: ReaderOptions) {
  const random = randomFrom(seed);
  const lines: Read[] = [];
  let kills = 0;
  let killNow = () => {};
  let finished = false;

  /** @returns How the process ended: null where it was killed. */
  const run = (follow: boolean, mostLines: number, mostMs: number) =>
    new Promise<number | null>((resolve, reject) => {
      const after = ['--after', String(lines.at(-1)?.seq ?? from)];
      const args = [EVENTS, '--json', '--url', worker, ...after, ...(follow ? ['--follow'] : [])];
      const env = { PATH: process.env.PATH, READ_TOKEN: token };
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
      let rest = '';
      let left = mostLines;
      const kill = () => {
        left = 0;
        child.kill('SIGKILL');
      };
      killNow = kill;
      const timer = setTimeout(kill, mostMs);
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const complete = (rest + text).split('\n');
        rest = complete.pop() ?? '';
        for (const line of complete.slice(0, left)) {
          const { seq, event } = JSON.parse(line) as { seq: number; event: { id: string } };
          lines.push({ seq, id: event.id });
        }
        left -= complete.length;
        if (left <= 0) kill();
      });
      child.once('error', reject).once('close', (code) => {
        clearTimeout(timer);
        resolve(code);
      });
    });

  const reading = (async () => {
    while (!finished) {
      const most = Math.ceil(random() * Math.max(MOST_LINES, events / 8));
      const code = await run(true, most, random() * MOST_MS);
      if (code !== null) throw new CliFailure(`the reader of the feed ended by itself, with ${code}`);
      kills += 1;
    }
  })();
  // Whoever finishes hears of it.
  reading.catch(() => undefined);

  return {
    finish: async (promised: ReadonlyMap<string, Promised>, rows: readonly (LedgerRow & Read)[]): Promise<Reading> => {
      finished = true;
      killNow();
      await reading;
      const code = await run(false, Number.POSITIVE_INFINITY, 10 * 60_000);
      if (code !== 0) throw new CliFailure(`the reader of the feed ended with ${code}`);
      return { kills, ...judge(lines, promised, rows) };
    },
  };
}

/** @param rows Of the ledger, in any order. */
export function judge(
  lines: readonly Read[],
  promised: ReadonlyMap<string, Promised>,
  rows: readonly (LedgerRow & Read)[],
): Omit<Reading, 'kills'> {
  const ids = new Set(lines.map(({ id }) => id));
  const places = new Map(rows.filter(({ status }) => status !== 'quarantined').map(({ id, seq }) => [id, seq]));
  const seen = new Set<string>();
  const twice = lines.flatMap(({ id }) => (seen.size === seen.add(id).size ? [id] : []));
  const misplaced = lines.filter(({ id, seq }, index) => {
    return seq !== places.get(id) || seq < (lines[index - 1]?.seq ?? 0);
  });
  return {
    read: lines.length,
    missing: [...promised].flatMap(([id, promise]) => (promise === 'processed' && !ids.has(id) ? [id] : [])),
    twice,
    misplaced: misplaced.map(({ id }) => id),
  };
}
