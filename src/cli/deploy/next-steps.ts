// What is left to do after a deploy, and only that.
import { DEFAULT_ENDPOINT, isWebhookSecret, secretNamesOf, webhookPath } from '../../endpoint.ts';
import { captureWrangler } from '../wrangler.ts';
import { type DeployTarget, workerOptions } from './target.ts';

/** @returns Lines to print, none where the Worker has a webhook's secret. */
export async function nextSteps(target: DeployTarget, address = 'https://<your Worker>'): Promise<string[]> {
  const { code, stdout } = await captureWrangler(['secret', 'list', ...workerOptions(target)]);
  if (code !== 0) {
    const doctor = `npm run vast -- doctor --url ${address}`;
    return ['', `Deployed. Which secrets the Worker has could not be read; \`${doctor}\` says what is missing.`];
  }
  const names = (JSON.parse(stdout) as { readonly name: string }[]).map(({ name }) => name);
  if (names.some(isWebhookSecret)) return [];

  const wrangler = ['npx wrangler', ...shownOptions(target)].join(' ');
  const otherWorker = wrangler === 'npx wrangler' ? '' : ` --wrangler "${wrangler}"`;
  return [
    '',
    'Deployed. The Worker has no signing secret yet. Register it at Vast.ai, which gives it one:',
    `  npm run vast -- webhooks register --url ${address} --events billing,instance${otherWorker}`,
    'Or by hand: create a webhook for this URL at https://cloud.vast.ai/account/, then store its secret:',
    `  ${address}${webhookPath(DEFAULT_ENDPOINT)}`,
    `  ${wrangler} secret put ${secretNamesOf(DEFAULT_ENDPOINT)[0]}`,
  ];
}

function shownOptions({ env, name, config }: DeployTarget): string[] {
  return Object.entries({ env, name, config }).flatMap(([option, value]) => (value ? `--${option} ${value}` : []));
}
