// `npm run trigger -- <type>`: plays Vast.ai against a Worker, honestly or as an attacker would.
// Exit code 0 only if every answer was the right one, and no handler failed. The secret is never
// printed.
import { randomUUID } from 'node:crypto';
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import { eventTypes } from '../event/catalogue.ts';
import { parseEvent } from '../event/parse.ts';
import { isSafeForCredentials } from '../this-machine.ts';
import { hasOuterSpace } from '../usable-secret.ts';
import { ACCEPTED, ACCEPTED_OR_DUPLICATE, type ExpectedAnswer, INVALID_EVENT, planOf } from './attack-modes.ts';
import { EXIT, usage } from './cli-failure.ts';
import { asCurl, draftDelivery } from './delivery.ts';
import { knownTypes } from './known-types.ts';
import { findLocalVar, findSecret, localVarsFile } from './local-secrets.ts';
import { nearMiss } from './near-miss.ts';
import { projectRoot } from './project-root.ts';
import { type Exchange, sendAll } from './send.ts';
import { type Target, targetOf } from './target.ts';
import { attackEntries, type TriggerOptions, triggerCommand } from './trigger-command.ts';
import { allAsExpected, describeExchanges, describeFates } from './trigger-report.ts';
import type { ActionContext } from './vast/connect.ts';
import { createOutput, type Output } from './vast/terminal/output.ts';
import type { Surroundings } from './vast/terminal/surroundings.ts';
import { createOpsClient, type OpsClient } from './vast/worker/ops-client.ts';
import { endedWell, follow, followedOf } from './what-became.ts';

/** Runs one command line and returns the exit code. */
export async function runTrigger(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const output = createOutput(surroundings, false);
  try {
    const program = triggerCommand()
      .exitOverride()
      .configureOutput({ writeOut: surroundings.stdout, writeErr: surroundings.stderr })
      .parse([...argv], { from: 'user' });
    const options = program.opts<TriggerOptions>();
    if (options.list) {
      output.result({}, knownTypes());
      return EXIT.ok;
    }
    const [type] = program.args;
    if (type === undefined) throw usage('which event type? For example: npm run trigger -- outbid (or --list)');
    return await trigger(type, options, { surroundings, output });
  } catch (error) {
    return output.failure(error);
  }
}

async function trigger(type: string, options: TriggerOptions, context: ActionContext): Promise<number> {
  const { surroundings, output } = context;
  const target = targetOf(options.url, options.endpoint);
  checkType(type, options, output);
  const ops = options.print ? undefined : opsOf(target, options, context);
  const { env: environment, askHidden } = surroundings;
  const search = { given: options.secret, environment, directory: projectRoot, askHidden };
  const { secret, source } = await findSecret(target, search);
  if (hasOuterSpace(secret)) output.warn(`the secret has white space at an end (${source})`);
  const attack = attackEntries().find(([name]) => options[name])?.[1];
  const accepted = expectedOf(type, options);
  const plan = () => {
    const id = options.id ?? randomUUID().replaceAll('-', '');
    const draft = draftDelivery({ ...options, type, id, now: surroundings.now() });
    return planOf(draft, attack ?? {}, { local: target.local, accepted, secret });
  };
  if (options.print) {
    for (let left = options.count; left > 0; left -= 1) {
      for (const { delivery } of await plan()) output.say(asCurl(target.url, delivery));
    }
    return EXIT.ok;
  }

  output.say(`POST ${target.url}  (secret: ${source})${attack ? `\nsending ${attack.summary}` : ''}`);
  const startedAt = performance.now();
  const exchanges = await sendAll(plan, target, options, output.warn);
  output.result({}, describeExchanges(exchanges, performance.now() - startedAt));
  const handled = ops === undefined || (await reportFates(exchanges, ops, target, context));
  return allAsExpected(exchanges) && handled ? EXIT.ok : EXIT.failed;
}

/** @throws CliFailure (usage) for a typing error; says it where a type is merely unknown. */
function checkType(type: string, { force, body }: TriggerOptions, output: Output): void {
  if (force || (eventTypes as readonly string[]).includes(type)) return;
  const near = body === undefined ? nearMiss(type, eventTypes) : undefined;
  if (near) throw usage(`unknown type "${type}", nothing was sent. Did you mean ${near}? (--force sends it as it is)`);
  output.warn(`"${type}" is not in the catalogue: unless you have a handler of that name, your fallback runs`);
}

/** The ledger to ask afterwards; none where nobody wants that, or its token is missing. */
function opsOf(target: Target, { wait }: TriggerOptions, { surroundings, output }: ActionContext) {
  if (!(wait ?? target.local)) return undefined;
  const environment = surroundings.env;
  const token = target.local
    ? findLocalVar('OPS_TOKEN', { environment, directory: projectRoot })
    : environment.OPS_TOKEN;
  if (token && isSafeForCredentials(new URL(target.url))) return createOpsClient(surroundings, target.worker, token);
  if (wait) throw usage(token ? '--wait sends the OPS_TOKEN: only to https://' : '--wait needs OPS_TOKEN to be set');
  output.warn(`nobody is asked what becomes of it: ${localVarsFile(projectRoot)} has no OPS_TOKEN`);
  return undefined;
}

/** Says what became of every event. @returns Whether each was handled, or not to be handled. */
async function reportFates(exchanges: readonly Exchange[], ops: OpsClient, target: Target, context: ActionContext) {
  const { surroundings, output } = context;
  const followed = followedOf(exchanges, target);
  const unknown = followed.length === 0 ? undefined : await follow(followed, ops, target, context);
  if (unknown !== undefined) {
    output.warn(`what became of it is not known: ${unknown}`);
    return false;
  }
  output.result({}, describeFates(followed, target, surroundings.now()));
  return followed.every(endedWell);
}

/** What an honest first delivery deserves. @throws CliFailure for a body of another type. */
function expectedOf(type: string, options: TriggerOptions): ExpectedAnswer {
  const { id, body } = options;
  if (body === undefined) return id === undefined ? ACCEPTED : ACCEPTED_OR_DUPLICATE;
  const draft = draftDelivery({ ...options, type, id: '', now: 0 });
  const parsed = parseEvent({ ...draft, substituteId: 'none' }, DEFAULT_ENDPOINT);
  if (!parsed.ok) return INVALID_EVENT;
  if (parsed.value.type !== type) throw usage(`--body is of type "${parsed.value.type}", not "${type}"`);
  return ACCEPTED_OR_DUPLICATE;
}
