// Which Worker a deploy is for, in wrangler's own options.

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
