// `npm run events`: its command line, and the feed printed as `tail -f` would, which goes on where
// it was after a broken connection.
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import { eventTypes } from '../event/catalogue.ts';
import { MAX_FEED_WAIT_SECONDS } from '../limits.ts';
import { isSafeForCredentials } from '../this-machine.ts';
import { harmless, oneLine, visibleJson } from '../vast/harmless.ts';
import { CliFailure, EXIT, usage } from './cli-failure.ts';
import { commandLine, wholeNumber } from './command-line.ts';
import { findLocalVar } from './local-secrets.ts';
import { nearMiss } from './near-miss.ts';
import { projectRoot } from './project-root.ts';
import { targetOf } from './target.ts';
import type { ActionContext } from './vast/connect.ts';
import { createOutput } from './vast/terminal/output.ts';
import type { Surroundings } from './vast/terminal/surroundings.ts';
import { createOpsClient, type FeedEvent, type OpsClient } from './vast/worker/ops-client.ts';

interface Options {
  readonly url: string;
  readonly after?: number;
  readonly follow?: true;
  readonly type?: readonly string[];
  readonly json?: true;
}

/** Places to begin before the end where none is given, as by `tail`. */
const LATEST = 10;

/** Pauses before a broken connection is tried again: the first, doubled each time, the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

const HELP_END = `
Environment:
  READ_TOKEN   the Worker's read token; else OPS_TOKEN, else you are asked for it

Exit codes:
  0, or 1 if the feed cannot be read, 2 if the command line or the environment is wrong,
  3 if it ended half-way (the message says how to go on), 130 on Ctrl-C, which ends --follow`;

function eventsCommand() {
  return commandLine('npm run events --', '--follow', '--after 0 --type outbid,low_credit --json')
    .description('Print the events that have gone to a handler, oldest first, each once, its place in front.')
    .option('--url <url>', "the Worker's address", 'http://localhost:8787')
    .option('--after <place>', `go on after this place, 0 for all (default: the latest ${LATEST})`, wholeNumber(0))
    .option('--follow', 'go on with what comes')
    .option('--type <types>', 'these types alone, separated by commas', (text, before: string[] = []) => [
      ...before,
      ...text.split(',').map((type) => type.trim()),
    ])
    .option('--json', 'print one JSON object for each event')
    .addHelpText('after', HELP_END);
}

/** Runs one command line and returns the exit code. */
export async function runEvents(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const output = createOutput(surroundings, false);
  try {
    const program = eventsCommand()
      .exitOverride()
      .configureOutput({ writeOut: surroundings.stdout, writeErr: surroundings.stderr });
    const options = program.parse([...argv], { from: 'user' }).opts<Options>();
    for (const type of options.type ?? []) {
      const near = nearMiss(type, eventTypes);
      if (near) output.warn(`"${type}" is not in the catalogue. Did you mean ${near}?`);
    }
    await print(await connect(options.url, { surroundings, output }), options, { surroundings, output });
    return EXIT.ok;
  } catch (error) {
    return output.failure(error);
  }
}

/** With the token of the environment, of a local Worker's file, or as it is entered. */
async function connect(address: string, { surroundings, output }: ActionContext): Promise<OpsClient> {
  const { worker, local } = targetOf(address);
  if (!isSafeForCredentials(new URL(worker))) throw usage('--url: the token goes to https:// only');
  const { env, askHidden } = surroundings;
  const find = (name: string) => (local ? findLocalVar(name, { environment: env, directory: projectRoot }) : env[name]);
  const name = !find('READ_TOKEN') && find('OPS_TOKEN') ? 'OPS_TOKEN' : 'READ_TOKEN';
  const token = find(name) || (await askHidden?.(`${name}:`));
  if (!token) throw usage('no token: set READ_TOKEN in the environment, or run this in a terminal to be asked for it');
  output.protect(token);
  return createOpsClient(surroundings, worker, token, name);
}

/**
 * What fails at first is not tried again.
 *
 * @throws CliFailure where no further page is to be expected.
 */
async function print(ops: OpsClient, options: Options, { surroundings, output }: ActionContext): Promise<void> {
  const { after = -LATEST, follow = false, type, json } = options;
  let [place, begun, pause] = [after, false, 0];
  for (;;) {
    const page = await ops.feed(place, follow ? MAX_FEED_WAIT_SECONDS : 0);
    if (!page.ok) {
      const { why, passing } = page.failure;
      if (!begun) throw new CliFailure(why);
      if (!follow || !passing) throw new CliFailure(`${why}. To go on: --after ${place}`, EXIT.unfinished);
      if (pause === 0) output.warn(`${why}. Trying again, to go on after ${place}`);
      pause = Math.min(2 * pause || FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
      await surroundings.sleep(pause);
      continue;
    }
    if (pause > 0) output.warn(`connected again, going on after ${place}`);
    const { events, next } = page.value;
    const wanted = events.filter(({ event }) => type?.includes(event.type) ?? true);
    for (const each of wanted) surroundings.stdout(`${json ? visibleJson(each) : harmless(lineOf(each))}\n`);
    if (next === place && !follow) return;
    [place, begun, pause] = [next, true, 0];
  }
}

function lineOf({ seq, status, event: { id, type, endpoint, created, data } }: FeedEvent): string {
  const about = typeof data.subject === 'string' ? oneLine(data.subject) : '';
  const place = `${String(seq).padStart(6)}  ${created}  ${status.padEnd(10)}  ${type}`;
  return `${place}${endpoint === DEFAULT_ENDPOINT ? '' : ` at ${endpoint}`}  ${about && `${about}  `}(${id})`;
}
