// `npm run events`: prints the feed as `tail -f` would, and goes on where it was after a broken
// connection.
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import { eventTypes } from '../event/catalogue.ts';
import { MAX_FEED_WAIT_SECONDS } from '../limits.ts';
import { harmless, oneLine, visibleJson } from '../vast/harmless.ts';
import { CliFailure, EXIT, usage } from './cli-failure.ts';
import { type EventsOptions, eventsCommand, LATEST } from './events-command.ts';
import { findLocalVar } from './local-secrets.ts';
import { nearMiss } from './near-miss.ts';
import { projectRoot } from './project-root.ts';
import { isSafeForCredentials, targetOf } from './target.ts';
import type { ActionContext } from './vast/connect.ts';
import { createOutput } from './vast/terminal/output.ts';
import type { Surroundings } from './vast/terminal/surroundings.ts';
import { createOpsClient, type FeedEvent, type OpsClient } from './vast/worker/ops-client.ts';

/** Pauses before a broken connection is tried again: the first, doubled each time, the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Runs one command line and returns the exit code. */
export async function runEvents(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const output = createOutput(surroundings, false);
  try {
    const program = eventsCommand()
      .exitOverride()
      .configureOutput({ writeOut: surroundings.stdout, writeErr: surroundings.stderr });
    const options = program.parse([...argv], { from: 'user' }).opts<EventsOptions>();
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
async function print(ops: OpsClient, options: EventsOptions, { surroundings, output }: ActionContext): Promise<void> {
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
