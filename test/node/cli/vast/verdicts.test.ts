// Doctor's verdict on a set-up that is fine and on ways of being broken: every one
// is built in the stand-ins for Vast.ai and the Worker, at public addresses.
import { expect, it } from 'vitest';
import type { Finding } from '../../../../src/cli/vast/doctor/finding.ts';
import { botProtection } from './fake-worker.ts';
import { createScene, type Scene } from './scene.ts';

const SECRET = 'the-secret-of-the-webhook';
const TOKEN = 'an-ops-token-of-the-tests';
const CUSTOM = 'https://hooks.example.com';
const WORKERS_DEV = 'https://vastai-webhooks.acc.workers.dev';
const DAY_MS = 86_400_000;

/** All is well at a custom domain: registered, configured, and an event came an hour ago. */
async function healthy() {
  const scene = await createScene();
  for (const origin of [CUSTOM, WORKERS_DEV]) scene.network.alias(origin, scene.worker.origin);
  scene.worker.set('VASTAI_WEBHOOK_SECRET', SECRET);
  scene.env.OPS_TOKEN = scene.worker.opsToken = TOKEN;
  scene.worker.happened('outbid', scene.clock.now() - DAY_MS / 24);
  const id = scene.provider.add(`${CUSTOM}/webhooks/vastai`, SECRET);
  return { scene, id, url: CUSTOM };
}

/** What is most wrong, as one line with its fix. */
async function verdict(scene: Scene, url: string) {
  const run = await scene.vast(['doctor', '--url', url, '--json']);
  const { findings } = JSON.parse(run.stdout) as { findings: Finding[] };
  const worst = (['problem', 'warning'] as const).flatMap((level) => findings.filter((one) => one.level === level))[0];
  const line = worst ? `${worst.level} ${worst.check}: ${worst.found} → ${worst.fix}` : 'healthy';
  return `exit ${run.exitCode}, ${line}`;
}

type Setup = Awaited<ReturnType<typeof healthy>>;

/** Ways of being broken; an address is where doctor is told to look. */
const broken: Record<string, (setup: Setup) => unknown> = {
  'nothing is wrong': () => undefined,
  'the Worker has no secret': ({ scene }) => {
    scene.worker.stored.clear();
    scene.worker.set('OPS_URL', 'https://w.example/ops');
  },
  'a published secret was deployed': ({ scene }) => scene.worker.set('VASTAI_WEBHOOK_SECRET', 'local-dev-secret'),
  'the Worker lacks the webhook’s secret': ({ scene, id }) => {
    scene.provider.secrets.set(id, 'another-secret');
    const webhook = scene.provider.webhooks.get(id);
    if (webhook) webhook.webhook_url = `${WORKERS_DEV}/webhooks/vastai`;
    return WORKERS_DEV;
  },
  'the zone’s bot protection refuses Vast.ai': ({ scene }) => {
    scene.worker.front = botProtection;
  },
  'a bot challenge meets everybody': ({ scene }) => {
    scene.worker.front = () => new Response('', { status: 403, headers: { 'cf-mitigated': 'challenge' } });
  },
  'the webhook channel is off': ({ scene }) => {
    const outbid = scene.provider.preferences.client?.outbid;
    if (outbid) outbid.webhooks = false;
  },
  'Vast.ai delivers to another path': ({ scene, id }) => {
    const webhook = scene.provider.webhooks.get(id);
    if (webhook) webhook.webhook_url = `${CUSTOM}/webhook`;
  },
  'no webhook is registered': ({ scene }) => scene.provider.webhooks.clear(),
  'a rotation was left half-done': ({ scene, id }) => {
    scene.provider.secrets.set(id, 'a-secret-that-nobody-has');
    scene.worker.set('VASTAI_ROTATION_UNTIL', String(Math.floor(scene.clock.now() / 1000) + 3600));
  },
  'the queue consumer does not run': ({ scene }) => {
    Object.assign(scene.worker, { consuming: false });
  },
  'the API key is wrong': ({ scene }) => {
    scene.env.VAST_API_KEY = 'a-wrong-key';
  },
  'the read key opens the whole account': ({ scene }) => {
    scene.provider.apiKeys.set('too-wide', { id: 7, name: 'wide', scopes: undefined });
    scene.env.VAST_READ_KEY = 'too-wide';
  },
  'the read key was deleted': ({ scene }) => {
    scene.env.VAST_READ_KEY = 'a-deleted-key';
  },
  'nothing has come for nine days': ({ scene }) => {
    scene.worker.ledger.length = 0;
    scene.worker.happened('outbid', scene.clock.now() - 9 * DAY_MS);
  },
  'OPS_TOKEN is too short': ({ scene }) => {
    scene.env.OPS_TOKEN = scene.worker.opsToken = 'too-short';
  },
  'OPS_TOKEN is published': ({ scene }) => {
    scene.env.OPS_TOKEN = scene.worker.opsToken = 'local-dev-token';
  },
};

it('says one clear line about each, as verdicts.txt shows', async () => {
  const lines: string[] = [];
  for (const [what, breakIt] of Object.entries(broken)) {
    const setup = await healthy();
    const elsewhere = breakIt(setup);
    const url = typeof elsewhere === 'string' ? elsewhere : setup.url;
    lines.push(`${what}: ${await verdict(setup.scene, url)}\n`);
  }
  await expect(lines.join('')).toMatchFileSnapshot('./verdicts.txt');
});
