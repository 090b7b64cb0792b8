// Which Worker a deploy is for, in wrangler's own options.
import { messageOf, usage } from '../cli-failure.ts';

export interface DeployTarget {
  /** Empty for the top level of the configuration. */
  readonly env: string;
  readonly name?: string;
  readonly config?: string;
}

/** Options of every command of wrangler. An empty `--env` says that the top level is meant. */
export function configOptions({ env, config }: DeployTarget): string[] {
  return [...(config === undefined ? [] : ['--config', config]), `--env=${env}`];
}

/** Options of the commands that are about one Worker. */
export function workerOptions(target: DeployTarget): string[] {
  return [...configOptions(target), ...(target.name === undefined ? [] : ['--name', target.name])];
}

/**
 * @throws CliFailure (usage) for an environment that is not there: wrangler would deploy it, as a
 * Worker without bindings.
 */
export async function checkEnvironment({ env, config = 'wrangler.toml' }: DeployTarget): Promise<void> {
  if (env === '') return;
  const { experimental_readRawConfig } = await import('wrangler');
  try {
    if (experimental_readRawConfig({ config }).rawConfig.env?.[env]) return;
  } catch (error) {
    throw usage(messageOf(error));
  }
  throw usage(`${config} has no environment "${env}" (a sample of one is commented out at the end of wrangler.toml)`);
}
