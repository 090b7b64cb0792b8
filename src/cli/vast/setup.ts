// What `register`, `rotate` and others share: options, and what they work with.
import type { Command } from 'commander';
import type { VastApi } from '../../vast/vast-api.ts';
import { wholeNumber } from '../command-line.ts';
import type { Target } from '../target.ts';
import { type ActionContext, connectToOps } from './connect.ts';
import { createRotationRecords, type RotationRecords, rotationRecordsPath } from './rotate/rotation-record.ts';
import type { OpsClient } from './worker/ops-client.ts';
import { createSecretStore, type SecretStore } from './worker/secret-store.ts';
import { createWorkerClient, type WorkerClient } from './worker/worker-client.ts';

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

export interface SetupDeps extends ActionContext {
  readonly target: Target;
  readonly settleSeconds: number;
  readonly api: VastApi;
  readonly worker: WorkerClient;
  readonly store: SecretStore;
  readonly records: RotationRecords;
  /** Absent where no `OPS_TOKEN` is given. */
  readonly ops: OpsClient | undefined;
}

export function setupDeps(context: ActionContext, api: VastApi, target: Target, options: SetupOptions): SetupDeps {
  const { surroundings, output } = context;
  return {
    ...context,
    target,
    settleSeconds: options.settle,
    api,
    worker: createWorkerClient(surroundings, target),
    store: createSecretStore(options.wrangler, surroundings, output),
    records: createRotationRecords(rotationRecordsPath(surroundings.env)),
    ops: connectToOps(context, target),
  };
}
