// Lends one deploy the ids of KV namespaces that an earlier one created. Wrangler looks for a queue
// before it creates one, but always creates a namespace that its Worker is not yet bound to: once a
// first deploy has failed after that, or the Worker was deleted, it would fail for ever.
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliFailure } from '../cli-failure.ts';
import { captureWrangler } from '../wrangler.ts';
import { configOptions, type DeployTarget } from './target.ts';

/** Of Cloudflare's API: "a namespace with this account ID and title already exists". */
export const NAMESPACE_EXISTS = 10014;

interface Namespace {
  readonly binding: string;
  readonly id?: string;
}

/**
 * Calls `use` with a configuration that stands beside the project's own (relative paths stay as
 * they are) and is removed afterwards, however that ends.
 */
export async function withKnownNamespaces<T>(target: DeployTarget, use: (target: DeployTarget) => Promise<T>) {
  const { experimental_readRawConfig, unstable_readConfig } = await import('wrangler');
  const { rawConfig, configPath = '' } = experimental_readRawConfig(target);
  const { name, targetEnvironment } = unstable_readConfig(target, { hideWarnings: true });
  const ids = await namespaceIds(target);
  const settings = structuredClone(rawConfig);
  const inEnvironment = (targetEnvironment && settings.env?.[targetEnvironment]) || settings;
  inEnvironment.kv_namespaces = (inEnvironment.kv_namespaces ?? []).map((namespace: Namespace) => ({
    ...namespace,
    id: namespace.id ?? ids.get(titleOf(namespace, target.name ?? name ?? '')),
  }));

  const path = join(dirname(configPath), `.wrangler-deploy-${process.pid}.json`);
  const remove = () => rmSync(path, { force: true });
  process.once('exit', remove);
  try {
    writeFileSync(path, JSON.stringify(settings));
    return await use({ ...target, config: path });
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** As wrangler names a namespace that it creates. */
function titleOf({ binding }: Namespace, worker: string): string {
  return `${worker}-${binding.toLowerCase().replaceAll('_', '-')}`;
}

/** The ids of the account's namespaces, by title. */
async function namespaceIds(target: DeployTarget): Promise<ReadonlyMap<string, string>> {
  const { code, stdout, output } = await captureWrangler(['kv', 'namespace', 'list', ...configOptions(target)]);
  if (code !== 0) throw new CliFailure(`cannot list the KV namespaces:\n${output.trim()}`);
  const namespaces = JSON.parse(stdout) as { readonly id: string; readonly title: string }[];
  return new Map(namespaces.map(({ id, title }) => [title, id]));
}
