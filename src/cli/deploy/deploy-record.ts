// Reads wrangler's record of what it did: one JSON object a line.
import { jsonObjectIn } from '../../vast/json-object.ts';

export interface DeployRecord {
  /** The first public address of the Worker, if any, without a trailing slash. */
  readonly deployed?: { readonly address: string | undefined };
  /** `code` is that of Cloudflare's API, where it was the API that refused. */
  readonly failed?: { readonly code: number | undefined; readonly message: string };
}

/** What became of the last command. A dry run has deployed nothing. */
export function readRecord(text: string): DeployRecord {
  const entry = text
    .split('\n')
    .map(jsonObjectIn)
    .findLast((line) => line?.type === 'deploy' || line?.type === 'command-failed');
  if (entry?.type === 'command-failed') {
    const { code, message } = entry;
    return { failed: { code: typeof code === 'number' ? code : undefined, message: String(message) } };
  }
  if (typeof entry?.version_id !== 'string') return {};
  const targets: unknown[] = Array.isArray(entry.targets) ? entry.targets : [];
  return { deployed: { address: targets.map(String).flatMap(addressIn)[0] } };
}

/** Of a workers.dev address or a custom domain; a route's pattern is no address. */
function addressIn(target: string): string[] {
  if (target.startsWith('https://')) return [target.replace(/\/+$/, '')];
  const [, domain] = /^(\S+) \(custom domain/.exec(target) ?? [];
  return domain === undefined ? [] : [`https://${domain}`];
}
