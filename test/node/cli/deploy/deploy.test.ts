// `npm run deploy` with the real wrangler, against Cloudflare's API on this machine. A run takes
// seconds of computing time, so that here requests fail in one account after the other, those that
// change something; `DEPLOY_FAULTS=all` lets each single one fail in each way, on an account of its
// own (src/cli/README.md).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../../../src/cli/project-root.ts';
import { type Ended, runScript } from '../run-command.ts';
import { type Cloudflare, type Fault, startCloudflare, TOKEN_PERMISSIONS } from './cloudflare.ts';
import { inEmptyDirectory } from './empty-directory.ts';
import { withStaging } from './staging-sample.ts';

const SCRIPT = join(import.meta.dirname, 'deploy-unchecked.ts');
const FAULTS: readonly Fault[] = ['cut after', 'hang', 'fail', 'cut', 'refuse'];

function deploy(cloudflare: Cloudflare, target: object = {}, signal?: AbortSignal): Promise<Ended> {
  return runScript([SCRIPT, JSON.stringify(target)], cloudflare.environment, signal);
}

/** Deploys while one request meets a fault as often as it is made; a hanging one is interrupted. */
async function deployWith(cloudflare: Cloudflare, isFailing: (request: string) => boolean, fault: Fault) {
  const interrupt = new AbortController();
  cloudflare.fault = (request) => {
    if (!isFailing(request)) return undefined;
    if (fault === 'hang') interrupt.abort();
    return fault;
  };
  const ended = await deploy(cloudflare, {}, interrupt.signal);
  cloudflare.fault = undefined;
  return ended;
}

/** That everything is there once, and bound. */
function expectDeployed({ account, unknown }: Cloudflare, worker = 'vastai-webhooks', queues = 'vastai'): void {
  const script = account.scripts.get(worker);
  const [events, deadLetters] = [`${queues}-events`, `${queues}-dead-letters`];
  expect([...account.namespaces.values()]).toEqual([`${worker}-seen`]);
  const [id] = account.namespaces.keys();
  expect(script?.bindings).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'SEEN', namespace_id: id }),
      expect.objectContaining({ name: 'EVENTS', queue_name: events }),
      expect.objectContaining({ name: 'DEAD_LETTERS', queue_name: deadLetters }),
      expect.objectContaining({ name: 'LEDGER', class_name: 'EventLedger' }),
    ]),
  );
  expect(account.queues.map(({ queue_name }) => queue_name)).toEqual([events, deadLetters]);
  expect(account.queues.map(({ consumers }) => consumers.map((consumer) => consumer.script))).toEqual([
    [worker],
    [worker],
  ]);
  expect(script?.workersDev).toMatchObject({ enabled: true, previews_enabled: false });
  expect(script?.metadata).toMatchObject({
    exports: { EventLedger: { type: 'durable-object', storage: 'sqlite' } },
    code_update_strategy: { mode: 'immediate' },
    observability: { enabled: true, logs: { invocation_logs: false } },
  });
  expect(unknown).toEqual([]);
}

const leftInTheTree = () => readdirSync(projectRoot).filter((name) => name.startsWith('.wrangler-deploy'));

it('can be repeated until it succeeds, whatever has failed before, and then is a plain re-deploy', async () => {
  const cloudflare = await startCloudflare();
  const failed: string[] = [];
  for (;;) {
    let failing: string | undefined;
    const isFailing = (request: string) => {
      if (!request.startsWith('GET ') && !failed.includes(request)) failing ??= request;
      return request === failing;
    };
    const { code, stdout, stderr } = await deployWith(cloudflare, isFailing, FAULTS[failed.length % 4] ?? 'fail');
    if (failing === undefined) {
      expect(code).toBe(0);
      expect(stdout).toContain('webhooks register --url https://vastai-webhooks.me.workers.dev --events');
      break;
    }
    expect({ failing, code: [3, 130].includes(code ?? 0), stderr }).toMatchObject({ failing, code: true });
    expect(stderr).not.toContain('10014');
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^error: .*run it again/);
    failed.push(failing);
  }
  expect(failed).toEqual([
    'POST /storage/kv/namespaces',
    'POST /queues',
    'PUT /workers/scripts/vastai-webhooks',
    'POST /workers/scripts/vastai-webhooks/subdomain',
    'POST /queues/<id>/consumers',
    // Its first consumer was set before the second failed.
    'PUT /queues/<id>/consumers/<id>',
  ]);
  expectDeployed(cloudflare);
  expect(leftInTheTree()).toEqual([]);

  cloudflare.account.putSecret('vastai-webhooks', 'VASTAI_WEBHOOK_SECRET');
  const { code, stdout } = await deploy(cloudflare);
  expect(code).toBe(0);
  expect(stdout.trim().split('\n').at(-1)).toMatch(/^Current Version ID: /);
  expectDeployed(cloudflare);
});

const all = process.env.DEPLOY_FAULTS === 'all';
const HOURS = { timeout: 3 * 3_600_000 };

it.runIf(all)('survives each single fault, each on an account of its own', HOURS, async () => {
  const whole = await startCloudflare();
  expect((await deploy(whole)).code).toBe(0);
  const cases = whole.requests.flatMap((name, index) => FAULTS.map((fault) => ({ name, index, fault })));
  const survive = async ({ name, index, fault }: (typeof cases)[number]) => {
    const cloudflare = await startCloudflare();
    // And whenever it is made again, for wrangler tries some requests up to four times.
    const isFailing = (request: string) => request === name && cloudflare.requests.length > index;
    const { code, stderr } = await deployWith(cloudflare, isFailing, fault);
    const again = await deploy(cloudflare);
    const last = stderr.trim().split('\n').at(-1);
    console.log(`${index + 1}. ${name}, ${fault}: ${code}, then ${again.code} (${last})`);
    expect(code).toBeOneOf([0, 3, 130]);
    // Once all is deployed, nothing is left to say where it is interrupted.
    if (code !== 0 && !/secrets$/.test(name)) expect(last).toMatch(/^error: /);
    expect(again).toMatchObject({ code: 0 });
    expectDeployed(cloudflare);
  };
  // Wrangler waits most of the time.
  const lane = async () => {
    for (let next = cases.shift(); next; next = cases.shift()) await survive(next);
  };
  await Promise.all([lane(), lane(), lane()]);
  expect(leftInTheTree()).toEqual([]);
});

it('deploys an environment beside the top level, from the sample in wrangler.toml', async () => {
  const cloudflare = await startCloudflare();
  // Left by an earlier deploy.
  cloudflare.account.createNamespace('vastai-webhooks-staging-seen');
  await inEmptyDirectory(async (directory) => {
    const config = join(directory, 'wrangler.toml');
    const text = readFileSync(join(projectRoot, 'wrangler.toml'), 'utf8');
    writeFileSync(
      config,
      withStaging(text).replace('"src/index.ts"', JSON.stringify(join(projectRoot, 'src/index.ts'))),
    );
    const { code, stdout, stderr } = await deploy(cloudflare, { env: 'staging', config });
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('[WARNING]') });
    expect(stdout).toContain(`--wrangler "npx wrangler --env staging --config ${config}"`);
    expectDeployed(cloudflare, 'vastai-webhooks-staging', 'vastai-staging');
    expect(readdirSync(directory)).toEqual(['.wrangler', 'wrangler.toml']);
  });
});

const NEEDED = ['Workers Scripts', 'Workers KV Storage', 'Queues'] as const;
it.each(NEEDED)('names the permission that the token lacks, in one sentence: %s', async (permission) => {
  const cloudflare = await startCloudflare(TOKEN_PERMISSIONS.filter((name) => name !== permission));
  const { code, stderr } = await deploy(cloudflare);
  const last = stderr.trim().split('\n').at(-1);
  expect(last).toMatch(
    /^error: CLOUDFLARE_API_TOKEN .*lacks the permission to edit .* \(src\/cli\/README.md has a link\)$/,
  );
  expect(last).toContain(`to edit ${permission} (`);
  expect(code).toBe(3);
});

it('refuses an environment that is not there, as wrangler would deploy it without bindings', async () => {
  const cloudflare = await startCloudflare();
  const { code, stderr } = await deploy(cloudflare, { env: 'nowhere' });
  expect(stderr).toMatch(/^error: wrangler.toml has no environment "nowhere" .*\n$/);
  expect(code).toBe(2);
  expect(cloudflare.requests).toEqual([]);
});

it('says how to log in where there is no browser', async () => {
  const cloudflare = await startCloudflare();
  await inEmptyDirectory(async (home) => {
    const loggedOut = { HOME: home, XDG_CONFIG_HOME: home, CLOUDFLARE_API_TOKEN: '' };
    const environment = { ...cloudflare.environment, ...loggedOut };
    const { code, stderr } = await deploy({ ...cloudflare, environment });
    expect(stderr).toContain('error: not logged in to Cloudflare: run `npx wrangler login`');
    expect(code).toBe(2);
  });
  expect(cloudflare.requests).toEqual([]);
});

it('says where to choose the workers.dev subdomain, before anything is created', async () => {
  const cloudflare = await startCloudflare();
  cloudflare.account.subdomain = undefined;
  const { code, stderr } = await deploy(cloudflare);
  expect(stderr).toContain('error: the account has no workers.dev subdomain yet');
  expect(code).toBe(1);
  expect(cloudflare.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
});
