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
    /^(Could not read file|Processing |Invalid (TOML|JSON))/,
    EXIT.usage,
    'not deployed: wrangler cannot use this configuration (above)',
  ],
  [/^Build failed/, EXIT.failed, 'not deployed: the code does not build (above)'],
  [
    /workers\.dev subdomain/,
    EXIT.failed,
    'the account has no workers.dev subdomain yet: open the address above once, choose one, and deploy again',
  ],
];

/** What an API token needs, by the part of the API that refuses it. */
const PERMISSIONS: ReadonlyMap<string, string> = new Map([
  ['storage', 'Workers KV Storage'],
  ['queues', 'Queues'],
  ['workers', 'Workers Scripts'],
]);
const PROBES = { storage: ['kv', 'namespace', 'list'], queues: ['queues', 'list'] };

/** @param failed What wrangler said last. */
export async function whyFailed({ code, message }: NonNullable<DeployRecord['failed']>, target: DeployTarget) {
  const refused = refusedPart(`${message} [code: ${code}]`, 'unclear');
  // Without Queues or KV wrangler goes on, until the upload is refused.
  const isUnclear = refused === 'unclear' || /\/workers\/scripts\/[^/]+\)/.test(message);
  const probed = isUnclear && process.env.CLOUDFLARE_API_TOKEN ? await probe(target) : [];
  const missing = probed.length > 0 ? probed : [refused === 'unclear' ? 'workers' : refused];
  const said = missing.includes('accounts') ? 'retrieve account IDs' : message;
  const known = KNOWN.find(([text]) => text.test(said));
  if (known) return new CliFailure(known[2], known[1]);
  const names = missing.flatMap((part) => PERMISSIONS.get(part ?? '') ?? []).join(' and ');
  const sentence =
    names && process.env.CLOUDFLARE_API_TOKEN
      ? `CLOUDFLARE_API_TOKEN has expired, or lacks the permission to edit ${names} (${README} has a link)`
      : 'not deployed (above); run it again, it takes up what is already there';
  return new CliFailure(sentence, EXIT.unfinished);
}

/** The part of the API that answered "Authentication error", as far as wrangler says which. */
function refusedPart(said: string, otherwise: string): string | undefined {
  if (!said.includes('[code: 10000]')) return undefined;
  if (/\(\/(accounts|memberships)\)/.test(said)) return 'accounts';
  return /\/accounts\/\w+\/(\w+)/.exec(said)?.[1] ?? otherwise;
}

/** Which parts refuse a command that only reads. */
async function probe(target: DeployTarget): Promise<string[]> {
  const probed = Object.entries(PROBES).map(async ([part, args]) => {
    const { output } = await captureWrangler([...args, ...configOptions(target)]);
    return refusedPart(output, part) ?? [];
  });
  return (await Promise.all(probed)).flat();
}
