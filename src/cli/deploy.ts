// `npm run deploy`: puts the Worker on your Cloudflare account, then says what is left to do.
// Arguments pass on to `wrangler deploy`; where that fails, its own message stands.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_ENDPOINT, secretNamesOf, webhookPath } from '../endpoint.ts';
import { MIN_OPS_TOKEN_LENGTH } from '../limits.ts';
import { deployedAddress } from './deployed-address.ts';
import { runCli } from './run-cli.ts';
import { runWrangler } from './wrangler.ts';

await runCli(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vastai-deploy-'));
  const record = join(directory, 'deploy.ndjson');
  try {
    const args = process.argv.slice(2);
    const code = await runWrangler(['deploy', ...args], { WRANGLER_OUTPUT_FILE_PATH: record });
    const deployed = code === 0 && !args.some((argument) => /^(--dry-run|--help|-h)$/.test(argument));
    if (deployed) console.log(nextSteps(deployedAddress(readIfThere(record)) ?? 'https://<your Worker>'));
    return code;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

function nextSteps(address: string): string {
  const [secret] = secretNamesOf(DEFAULT_ENDPOINT);
  return `
Deployed. What is left, once:
  1. Register this URL as a webhook at Vast.ai, which then shows its signing secret:
       ${address}${webhookPath(DEFAULT_ENDPOINT)}
  2. Give the secret to the Worker (until then it answers 503 and Vast.ai retries):
       npx wrangler secret put ${secret}
  3. Send a test event, with the same secret in the environment as ${secret}:
       npm run trigger -- webhook_test --url ${address}
  4. Optional: open ${address}/ops with a password of at least ${MIN_OPS_TOKEN_LENGTH} characters:
       npx wrangler secret put OPS_TOKEN`;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
