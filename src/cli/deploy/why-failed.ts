// Says in one sentence why wrangler could not deploy, where its own message does not.
import { CliFailure, EXIT, type ExitCode } from '../cli-failure.ts';
import { captureWrangler } from '../wrangler.ts';
import type { DeployRecord } from './deploy-record.ts';
import { configOptions, type DeployTarget } from './target.ts';

const README = 'src/cli/README.md';

const KNOWN: readonly [said: RegExp, exitCode: ExitCode, sentence: string][] = [
  [
    /CLOUDFLARE_API_TOKEN environment variable|^Did not login/,
    EXIT.usage,
    `not logged in to Cloudflare: run \`npx wrangler login\`; without a browser, set CLOUDFLARE_API_TOKEN (${README})`,
  ],
  [
    /^More than one account|retrieve account IDs/,
    EXIT.usage,
    `wrangler cannot tell which account is meant: set CLOUDFLARE_ACCOUNT_ID (${README})`,
  ],
  [
    /workers\.dev subdomain/,
    EXIT.failed,
    'the account has no workers.dev subdomain yet: open the address above once, choose one, and deploy again',
  ],
];

/** What may be missing from an API token, and a command that then fails. */
const PERMISSIONS: readonly [name: string, probe: readonly string[]][] = [
  ['Workers KV Storage', ['kv', 'namespace', 'list']],
  ['Queues', ['queues', 'list']],
];
/** Of Cloudflare's API: "Authentication error". */
const NOT_ALLOWED = 10000;

/** @param failed What wrangler said last. */
export async function whyFailed(
  { code, message }: NonNullable<DeployRecord['failed']>,
  target: DeployTarget,
): Promise<CliFailure> {
  const known = KNOWN.find(([said]) => said.test(message));
  if (known) return new CliFailure(known[2], known[1]);
  // Without Queues or KV, wrangler goes on and the upload is refused.
  const mayLackPermission = code === NOT_ALLOWED || /\/workers\/scripts\/[^/]+\)/.test(message);
  const asked = mayLackPermission && process.env.CLOUDFLARE_API_TOKEN;
  const missing = asked ? await missingPermissions(code, target) : [];
  if (missing.length === 0) {
    return new CliFailure('not deployed (above); run it again, it takes up what is already there', EXIT.unfinished);
  }
  const sentence = `CLOUDFLARE_API_TOKEN lacks a permission: ${missing.join(', ')} (${README} has a link)`;
  return new CliFailure(sentence, EXIT.unfinished);
}

async function missingPermissions(code: number | undefined, target: DeployTarget): Promise<string[]> {
  const probed = await Promise.all(
    PERMISSIONS.map(async ([name, probe]) => {
      const { output } = await captureWrangler([...probe, ...configOptions(target)]);
      return output.includes(`[code: ${NOT_ALLOWED}]`) ? [name] : [];
    }),
  );
  const missing = probed.flat();
  return missing.length === 0 && code === NOT_ALLOWED ? ['Workers Scripts'] : missing;
}
