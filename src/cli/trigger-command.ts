// The command line of `npm run trigger`; what it does is in run-trigger.ts.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type SignedDialect, signedDialects } from '../event/dialect.ts';
import { jsonObjectIn } from '../vast/json-object.ts';
import { type AttackMode, type AttackName, attackModes } from './attack-modes.ts';
import { commandLine, wholeNumber } from './command-line.ts';

export type TriggerOptions = {
  url: string;
  endpoint?: string;
  secret?: string;
  dialect?: SignedDialect;
  body?: string;
  data?: Record<string, unknown>;
  id?: string;
  count: number;
  concurrency: number;
  wait?: boolean;
  print?: true;
  force?: true;
  list?: true;
} & { [Name in AttackName]?: true };

const HELP_END = `
Environment:
  VASTAI_WEBHOOK_SECRET   the signing secret (…_HOST for --endpoint host); for a Worker elsewhere you are asked else
  OPS_TOKEN               the Worker's ops token, for --wait`;

export function triggerCommand(): Command {
  const examples = [
    'outbid',
    'outbid --bad-signature',
    'low_credit --count 20 --concurrency 4',
    'outbid --print',
    'webhook_test --url https://vastai-webhooks.example.workers.dev --wait',
  ] as const;
  const program = commandLine('npm run trigger --', ...examples)
    .description('Sign a test event, send it to the Worker as Vast.ai would, and say what became of it.')
    .argument('[type]', 'any event type, known or not (see --list)')
    .option('--url <url>', "the Worker's address", 'http://localhost:8787')
    .option('--endpoint <name>', 'the endpoint at that address, such as host')
    .option('--secret <secret>', 'the signing secret of a Worker on this machine (default: the one it runs with)')
    .addOption(new Option('--dialect <name>', "the dialect (default: the type's own)").choices(signedDialects))
    .addOption(new Option('--body <text>', 'sent byte for byte, in place of a sample').conflicts(['data', 'id']))
    .option('--data <json>', 'fields to add or replace', jsonObject)
    .option('--id <id>', 'the event id (else a new one each time)')
    .option('--count <number>', 'how many events to send', wholeNumber(), 1)
    .option('--concurrency <number>', 'how many at once', wholeNumber(), 1)
    .option('--wait', 'wait until it is handled: needs OPS_TOKEN (default for a Worker on this machine)')
    .option('--no-wait', 'end with the answer')
    .addOption(new Option('--print', 'print it as a curl command, and send nothing').conflicts('badUtf8'))
    .option('--force', 'send the type even though it looks like a typing error')
    .option('--list', 'print every known type and its subject');
  for (const [name, mode] of attackEntries()) {
    const others = attackEntries().flatMap(([other]) => (other === name ? [] : [other]));
    program.addOption(new Option(`--${dashed(name)}`, `send ${mode.summary}`).conflicts(others));
  }
  return program.addHelpText('after', HELP_END);
}

/** By the option that asks for them. */
export function attackEntries(): [AttackName, AttackMode][] {
  return Object.entries(attackModes) as [AttackName, AttackMode][];
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function jsonObject(text: string): Record<string, unknown> {
  const json = jsonObjectIn(text);
  if (json === undefined) throw new InvalidArgumentError('It must be a JSON object.');
  return json;
}
