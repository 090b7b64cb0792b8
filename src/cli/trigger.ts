// `npm run trigger -- <type>`: plays Vast.ai against a Worker, honestly or as an attacker would.
// Exit code 0 only if every answer was the right one. The secret is never printed.
import { randomUUID } from 'node:crypto';
import { InvalidArgumentError, Option } from 'commander';
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import { notificationGroups, resourceTypes, TEST_TYPE } from '../event/catalogue.ts';
import { type SignedDialect, signedDialects } from '../event/dialect.ts';
import { parseEvent } from '../event/parse.ts';
import { sampleOf } from '../event/samples.ts';
import { jsonObjectIn } from '../vast/json-object.ts';
import type { AttackMode, AttackName, ExpectedAnswer, PlannedSend } from './attack-modes.ts';
import { ACCEPTED, ACCEPTED_OR_DUPLICATE, attackModes, INVALID_EVENT } from './attack-modes.ts';
import { CliFailure, EXIT, usage } from './cli-failure.ts';
import { columns } from './columns.ts';
import { commandLine, wholeNumber } from './command-line.ts';
import { draftDelivery, signDraft } from './delivery.ts';
import { findSecret } from './local-secrets.ts';
import { projectRoot } from './project-root.ts';
import { runCli } from './run-cli.ts';
import { type SendFailure, send } from './send.ts';
import { type Target, targetOf } from './target.ts';
import { allAsExpected, describeExchange, describeMany, type Exchange } from './trigger-report.ts';

type Options = {
  url: string;
  endpoint?: string;
  secret?: string;
  dialect?: SignedDialect;
  body?: string;
  data?: Record<string, unknown>;
  id?: string;
  count: number;
  concurrency: number;
  list?: true;
} & { [Name in AttackName]?: true };

const MOST_SHOWN_ONE_BY_ONE = 5;

const program = commandLine('npm run trigger --')
  .description('Sign a test event and send it to the Worker, as Vast.ai would.')
  .argument('[type]', 'any event type, known or not (see --list)')
  .option('--url <url>', "the Worker's address", 'http://localhost:8787')
  .option('--endpoint <name>', 'the endpoint at that address, such as host')
  .option('--secret <secret>', 'the signing secret (default: VASTAI_WEBHOOK_SECRET…, then the local Worker’s own)')
  .addOption(new Option('--dialect <name>', "the dialect (default: the type's own)").choices(signedDialects))
  .addOption(new Option('--body <text>', 'sent byte for byte, in place of a sample').conflicts(['data', 'id']))
  .option('--data <json>', 'fields to add or replace', jsonObject)
  .option('--id <id>', 'the event id (else a new one each time)')
  .option('--count <number>', 'how many events to send', wholeNumber(), 1)
  .option('--concurrency <number>', 'how many at once', wholeNumber(), 1)
  .option('--list', 'print every known type and its subject');
for (const [name, mode] of attackEntries()) {
  const others = attackEntries().flatMap(([other]) => (other === name ? [] : [other]));
  program.addOption(new Option(`--${dashed(name)}`, `send ${mode.summary}`).conflicts(others));
}
program.parse();

await runCli(async () => {
  const options = program.opts<Options>();
  if (options.list) {
    printTypes();
    return EXIT.ok;
  }
  const [type] = program.args;
  if (type === undefined) throw usage('which event type? For example: npm run trigger -- outbid (or --list)');
  return trigger(type, options);
});

async function trigger(type: string, options: Options): Promise<number> {
  const target = targetOf(options.url, options.endpoint);
  const search = { given: options.secret, environment: process.env, directory: projectRoot };
  const { secret, source } = findSecret(target, search);
  const attack = attackEntries().find(([name]) => options[name])?.[1];
  const accepted = expectedOf(type, options);
  const plan = async (): Promise<readonly PlannedSend[]> => {
    const id = options.id ?? randomUUID().replaceAll('-', '');
    const draft = draftDelivery({ ...options, type, id, now: Date.now() });
    const sign = (each: typeof draft) => signDraft(each, secret);
    if (attack) return attack.plan(draft, { local: target.local, accepted, sign });
    return [{ delivery: await sign(draft), expected: accepted }];
  };

  console.log(`POST ${target.url}  (secret: ${source})${attack ? `\nsending ${attack.summary}` : ''}`);
  const startedAt = performance.now();
  const exchanges = await runAll(options, () => sendPlanned(plan, target));
  const few = exchanges.length <= MOST_SHOWN_ONE_BY_ONE;
  for (const exchange of few ? exchanges : []) console.log(describeExchange(exchange));
  if (!few) console.log(describeMany(exchanges, performance.now() - startedAt));
  return allAsExpected(exchanges) ? EXIT.ok : EXIT.failed;
}

/** What an honest first delivery deserves. @throws CliFailure for a body of another type. */
function expectedOf(type: string, options: Options): ExpectedAnswer {
  const { id, body } = options;
  if (body === undefined) return id === undefined ? ACCEPTED : ACCEPTED_OR_DUPLICATE;
  const { dialect } = sampleOf(type, { id: '', now: 0, dialect: options.dialect });
  const bytes = new TextEncoder().encode(body);
  const parsed = parseEvent({ dialect, body: bytes, timestamp: 0, substituteId: 'none' }, DEFAULT_ENDPOINT);
  if (!parsed.ok) return INVALID_EVENT;
  if (parsed.value.type !== type) throw usage(`--body is of type "${parsed.value.type}", not "${type}"`);
  return ACCEPTED_OR_DUPLICATE;
}

/** Runs the task `count` times, `concurrency` of them at once. The first that throws ends it. */
async function runAll({ count, concurrency }: Options, task: () => Promise<readonly Exchange[]>) {
  const exchanges: Exchange[] = [];
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      exchanges.push(...(await task()));
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane));
  return exchanges;
}

async function sendPlanned(plan: () => Promise<readonly PlannedSend[]>, target: Target): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = [];
  for (const planned of await plan()) {
    if (planned.pauseMs) await new Promise((resolve) => setTimeout(resolve, planned.pauseMs));
    const answer = await send(target.url, planned.delivery);
    if (!answer.ok) throw new CliFailure(explain(answer.failure, target));
    exchanges.push({ planned, answer: answer.value });
  }
  return exchanges;
}

function explain(failure: SendFailure, { worker, local }: Target): string {
  switch (failure) {
    case 'nothing_listens':
      return `nothing listens at ${worker}${local ? ': run `npm run dev` in another terminal first' : ''}`;
    case 'no_answer_in_time':
      return `${worker} did not answer within 10 s, which is as long as Vast.ai waits`;
    case 'connection_failed':
      return `the connection to ${worker} failed before an answer came`;
  }
}

function printTypes(): void {
  const groups = [
    ...Object.entries(notificationGroups).map(([name, group]) => ({ ...group, title: `${name} (${group.context})` })),
    { title: 'test', types: [TEST_TYPE] },
    { title: 'resource dialect', types: resourceTypes },
  ];
  const rows = groups.flatMap(({ title, types }) => [[title], ...types.map((type) => [`  ${type}`, subjectOf(type)])]);
  console.log(columns(rows).join('\n'));
}

function subjectOf(type: string): string {
  return String(jsonObjectIn(sampleOf(type, { id: 'sample', now: 0 }).body)?.subject ?? '');
}

function attackEntries(): [AttackName, AttackMode][] {
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
