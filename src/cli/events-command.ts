// The command line of `npm run events`; what it does is in run-events.ts.
import type { Command } from 'commander';
import { commandLine, wholeNumber } from './command-line.ts';

export interface EventsOptions {
  readonly url: string;
  readonly after?: number;
  readonly follow?: true;
  readonly type?: readonly string[];
  readonly json?: true;
}

/** Places to begin before the end where none is given, as by `tail`. */
export const LATEST = 10;

const HELP_END = `
Environment:
  READ_TOKEN   the Worker's read token; else OPS_TOKEN, else you are asked for it

Exit codes:
  0, or 1 if the feed cannot be read, 2 if the command line or the environment is wrong,
  3 if it ended half-way (the message says how to go on), 130 on Ctrl-C, which ends --follow`;

export function eventsCommand(): Command {
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
