// Reads where a Worker went from wrangler's record of its deployments: one JSON object a line.
import { jsonObjectIn } from '../vast/json-object.ts';

/** The first public address of the last deployment, if any, without a trailing slash. */
export function deployedAddress(record: string): string | undefined {
  const deployment = record
    .split('\n')
    .map(jsonObjectIn)
    .findLast((entry) => entry?.type === 'deploy');
  const targets: unknown[] = Array.isArray(deployment?.targets) ? deployment.targets : [];
  return targets
    .map(String)
    .find((target) => target.startsWith('https://'))
    ?.replace(/\/+$/, '');
}
