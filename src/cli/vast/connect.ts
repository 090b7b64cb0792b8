// What a command's action gets (program.ts runs it), and what most begin with: credentials, the
// APIs behind them, and what those that store secrets work with. A credential is held for this run
// only, and hidden from the output.
import type { Command } from 'commander';
import type { Result } from '../../result.ts';
import { isSafeForCredentials } from '../../this-machine.ts';
import { hasOuterSpace } from '../../usable-secret.ts';
import { createApiClient, DEFAULT_API_URL, KEY_SHAPE } from '../../vast/api-client.ts';
import { type ApiFailure, describeApiFailure } from '../../vast/api-failure.ts';
import { createVastApi, type VastApi } from '../../vast/vast-api.ts';
import { CliFailure, usage } from '../cli-failure.ts';
import { wholeNumber } from '../command-line.ts';
import type { Target } from '../target.ts';
import { createRotationRecords } from './rotate/rotation-record.ts';
import type { Output } from './terminal/output.ts';
import type { Surroundings } from './terminal/surroundings.ts';
import { createOpsClient, type OpsClient } from './worker/ops-client.ts';
import { createSecretStore } from './worker/secret-store.ts';
import { createWorkerClient } from './worker/worker-client.ts';

export interface ActionContext {
  readonly surroundings: Surroundings;
  readonly output: Output;
}

/** Gives a command `--json` and its action, which returns the exit code; ids are all arguments. */
export type Action = <Options>(
  command: Command,
  run: (context: ActionContext, options: Options, ids: readonly number[]) => Promise<number | undefined>,
) => void;

/**
 * @param other Another key than the operator's.
 * @throws CliFailure (usage) where there is no key, or no address it may be sent to.
 */
export async function connectToVast({ surroundings, output }: ActionContext, other?: string): Promise<VastApi> {
  // Before the key is asked for: an address that may not have it needs no key.
  const base = URL.parse(surroundings.env.VAST_API_URL || DEFAULT_API_URL);
  if (base === null) throw usage('VAST_API_URL is not a URL.');
  if (!isSafeForCredentials(base)) throw usage('VAST_API_URL must be https: the API key would travel in the open.');

  const given = other ?? surroundings.env.VAST_API_KEY ?? (await surroundings.askHidden?.('Vast.ai API key:'));
  const key = given?.trim() ?? '';
  if (key === '') throw usage('No API key. Set VAST_API_KEY, or run this in a terminal to be asked for it.');
  if (!KEY_SHAPE.test(key)) throw usage('The API key holds characters that no key has.');
  output.protect(key);
  return createVastApi(createApiClient({ ...surroundings, base, key }));
}

/** The Worker's ops API, where its token is given. */
export function connectToOps({ surroundings, output }: ActionContext, { worker }: Target): OpsClient | undefined {
  const token = surroundings.env.OPS_TOKEN;
  if (!token) return undefined;
  output.protect(token);
  if (hasOuterSpace(token)) output.warn('OPS_TOKEN begins or ends with white space.');
  return createOpsClient(surroundings, worker, token);
}

/** The value of a call. @throws CliFailure: could not `doing`, such as "list the webhooks". */
export function expectOk<Value>(answer: Result<Value, ApiFailure>, doing: string): Value {
  if (!answer.ok) throw new CliFailure(describeApiFailure(answer.failure, doing));
  return answer.value;
}

export interface SetupOptions {
  readonly wrangler: string;
  readonly settle: number;
}

export function addSetupOptions(command: Command): Command {
  // A new secret is usually at all of Cloudflare's locations within a few seconds.
  const settle = 'pause after a secret is accepted, for the other Cloudflare locations';
  return addWranglerOption(command).option('--settle <seconds>', settle, wholeNumber(0, 9_999), 10);
}

export function addWranglerOption(command: Command): Command {
  const example = 'how wrangler is called, for example "npx wrangler --env staging"';
  return command.option('--wrangler <command>', example, 'npx wrangler');
}

/** What to ask when the Worker does not see a secret that was stored. */
export const RIGHT_WORKER = 'Does --wrangler write to the Worker behind this URL (the name in wrangler.toml)?';

/** What the commands work with that store secrets. */
export type SetupDeps = ReturnType<typeof setupDeps>;

export function setupDeps(context: ActionContext, api: VastApi, target: Target, options: SetupOptions) {
  const { surroundings, output } = context;
  return {
    ...context,
    target,
    settleSeconds: options.settle,
    api,
    worker: createWorkerClient(surroundings, target),
    store: createSecretStore(options.wrangler, surroundings, output),
    records: createRotationRecords(surroundings.env),
    ops: connectToOps(context, target),
  };
}
