// Doctor against a Worker and a Vast.ai that are fine, and against each thing that can be wrong.
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { secureTargetOf } from '../../../../src/cli/target.ts';
import { checkLedger } from '../../../../src/cli/vast/doctor/check-ledger.ts';
import { checkAddress } from '../../../../src/cli/vast/doctor/check-worker.ts';
import type { Finding } from '../../../../src/cli/vast/doctor/finding.ts';
import { createOpsClient } from '../../../../src/cli/vast/worker/ops-client.ts';
import { PROBE_ID_PREFIX } from '../../../../src/cli/vast/worker/worker-client.ts';
import { outOfScope } from './fake-provider.ts';
import { createScene } from './scene.ts';

const SECRET = 'doctor-test-secret';

async function healthyScene() {
  const scene = await createScene();
  scene.worker.set('VASTAI_WEBHOOK_SECRET', SECRET);
  const id = scene.provider.add(`${scene.worker.origin}/webhooks/vastai`, SECRET);
  const webhook = scene.provider.webhooks.get(id);
  if (webhook) webhook.event_types = ['client:outbid', 'client:low_credit'];
  const doctor = async (...more: string[]) => {
    const run = await scene.vast(['doctor', '--url', scene.worker.origin, '--json', ...more]);
    const { findings } = JSON.parse(run.stdout) as { findings: Finding[] };
    return { ...run, levelOf: (check: string) => findings.find((one) => one.check === check), findings };
  };
  return { ...scene, webhook, doctor };
}

describe('doctor', () => {
  it('says what it waits for, once that takes more than two seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const scene = await healthyScene();
    const slow: typeof fetch = async (...request) => {
      await vi.advanceTimersByTimeAsync(String(request[0]).includes('/test/') ? 2_000 : 1_999);
      return scene.network.fetch(...request);
    };
    const { stderr } = await scene.vast(['doctor', '--url', scene.worker.origin], { fetch: slow });
    expect(stderr).toBe(`Note: waiting for ${new URL(scene.provider.origin).host} to answer\n`);
  });

  it('finds nothing wrong where nothing is', async () => {
    const scene = await healthyScene();
    scene.worker.opsToken = 'ops-token-1234';
    scene.env.OPS_TOKEN = 'ops-token-1234';
    scene.env.VASTAI_WEBHOOK_SECRET = SECRET;
    scene.worker.happened('outbid', scene.clock.now());
    const run = await scene.doctor();
    expect(run.exitCode).toBe(0);
    // The address is a warning here: the test's Worker is on this machine.
    expect(run.findings.filter(({ level, check }) => level !== 'fine' && check !== 'address')).toEqual([]);
  });

  it('says what to do about everything that is not fine', async () => {
    const scene = await healthyScene();
    scene.worker.stored.clear();
    scene.worker.set('OTHER', 'x');
    scene.provider.webhooks.clear();
    const run = await scene.doctor();
    expect(run.exitCode).toBe(1);
    const wrong = run.findings.filter(({ level }) => level !== 'fine');
    expect(wrong.length).toBeGreaterThan(3);
    expect(wrong.filter(({ fix }) => !fix)).toEqual([]);
  });

  it.each<[string, () => Response, RegExp]>([
    [
      'a redirect',
      () => Response.redirect('https://www.example.com/', 301),
      /redirects to https:\/\/www\.example\.com/,
    ],
    [
      'a login by redirect',
      () => Response.redirect('https://t.cloudflareaccess.com/cdn-cgi/access/login', 302),
      /login page/,
    ],
    [
      'a login page',
      () => new Response('<form><input name="p" type="password"></form>', { status: 403 }),
      /login page/,
    ],
    [
      'a challenge',
      () => new Response('<title>Just a moment...</title>', { status: 403, headers: { 'cf-mitigated': 'challenge' } }),
      /bot challenge/,
    ],
    ['another server', () => new Response('hello'), /not as this Worker does/],
    ['a stranger’s 401', () => Response.json({ error: 'login first' }, { status: 401 }), /not as this Worker does/],
  ])('recognises %s in front of the Worker', async (_what, answer, found) => {
    const scene = await healthyScene();
    scene.worker.front = answer;
    const run = await scene.doctor();
    expect(run.exitCode).toBe(1);
    expect(run.levelOf('endpoint')).toMatchObject({ level: 'problem', found: expect.stringMatching(found) });
  });

  it('recognises what blocks deliveries only', async () => {
    const scene = await healthyScene();
    scene.worker.front = (request) =>
      request.method === 'GET'
        ? Response.json({ status: 'ok' })
        : new Response('', { status: 403, headers: { 'cf-mitigated': 'challenge' } });
    const run = await scene.doctor();
    expect(run.levelOf('health')?.level).toBe('fine');
    expect(run.levelOf('endpoint')).toMatchObject({
      level: 'problem',
      found: expect.stringContaining('bot challenge'),
    });
  });

  it.each([
    ['/health', 'GET', { received: true }, 'health'],
    ['a delivery', 'POST', { status: 'ok' }, 'endpoint'],
  ])('takes for a stranger’s what the Worker does not answer to %s', async (_what, method, answer, check) => {
    const scene = await healthyScene();
    scene.worker.front = (request) => (request.method === method ? Response.json(answer) : undefined);
    const { levelOf } = await scene.doctor();
    expect(levelOf(check)).toMatchObject({ level: 'problem', found: expect.stringContaining('not as this Worker') });
  });

  it('says that the Worker cannot be reached', async () => {
    const scene = await healthyScene();
    const run = await scene.vast(['doctor', '--url', 'http://127.0.0.1:1']);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain('cannot be reached');
  });

  it('tells an endpoint without a secret from a Worker without any', async () => {
    const scene = await healthyScene();
    const run = await scene.doctor('--endpoint', 'host');
    expect(run.levelOf('health')?.level).toBe('fine');
    expect(run.levelOf('endpoint')).toMatchObject({
      level: 'problem',
      fix: expect.stringContaining('--endpoint host'),
    });
  });

  it('finds a secret that the Worker does not know', async () => {
    const scene = await healthyScene();
    scene.env.VASTAI_WEBHOOK_SECRET = 'not-the-right-one';
    const run = await scene.doctor();
    expect(run.levelOf('secret')?.level).toBe('problem');
    expect(run.stdout).not.toContain('not-the-right-one');
  });

  it('leaves no dead letter behind by its signed probe, and one event at most', async () => {
    const scene = await healthyScene();
    scene.env.VASTAI_WEBHOOK_SECRET = SECRET;
    await scene.doctor();
    await scene.doctor();
    expect(scene.worker.quarantined).toEqual([]);
    const probes = [...scene.worker.accepted].filter((id) => id.startsWith(PROBE_ID_PREFIX));
    expect(probes).toHaveLength(1);
  });

  it('notices an open rotation window', async () => {
    const scene = await healthyScene();
    scene.worker.set('VASTAI_ROTATION_UNTIL', String(Math.floor(scene.clock.now() / 1000) + 3600));
    expect((await scene.doctor()).levelOf('endpoint')).toMatchObject({
      level: 'warning',
      found: expect.stringContaining('window'),
    });
  });

  it.each([
    [400, 'problem', 'behind'],
    [-400, 'problem', 'ahead of'],
    [60, 'warning', 'behind'],
    [5, 'fine', 'within'],
  ])('judges a Worker’s clock that is %i s ahead', async (ahead, level, found) => {
    const scene = await healthyScene();
    scene.worker.front = () =>
      Response.json({ status: 'ok' }, { headers: { Date: new Date(scene.clock.now() + ahead * 1000).toUTCString() } });
    expect((await scene.doctor()).levelOf('clock')).toMatchObject({ level, found: expect.stringContaining(found) });
  });

  it.each([
    ['/webhook', 'Do not move it'],
    ['/webhooks/vastai/host', 'Do not move it'],
    ['/webhooks/vastai?from=vast', 'Move it'],
  ])('suggests to move a webhook at %s only if its test was seen to arrive: %s', async (path, fix) => {
    const scene = await healthyScene();
    scene.env.OPS_TOKEN = scene.worker.opsToken = 'ops-token-1234';
    scene.worker.set('VASTAI_WEBHOOK_SECRET_HOST', SECRET);
    if (scene.webhook) scene.webhook.webhook_url = scene.worker.origin + path;
    const run = await scene.doctor();
    expect(run.levelOf('registration')).toMatchObject({ level: 'problem', fix: expect.stringContaining(fix) });
  });

  it('does not suggest a move where it cannot look into the ledger', async () => {
    const scene = await healthyScene();
    if (scene.webhook) scene.webhook.webhook_url = `${scene.worker.origin}/webhooks/vastai?from=vast`;
    expect((await scene.doctor()).levelOf('registration')?.fix).toContain('Do not move it');
  });

  it('finds a published secret in its environment, for a Worker elsewhere', async () => {
    const scene = await healthyScene();
    scene.network.alias('https://hooks.example.com', scene.worker.origin);
    scene.env.VASTAI_WEBHOOK_SECRET = 'local-dev-secret';
    const elsewhere = (await scene.doctor('--url', 'https://hooks.example.com')).levelOf('secret');
    expect(elsewhere).toMatchObject({ level: 'problem', found: expect.stringContaining('published') });
    expect((await scene.doctor()).levelOf('secret')?.found).not.toContain('published');
  });

  it.each([
    ['preferences are out of its scope', outOfScope, /403.*user_read/],
    ['preferences have another shape', () => Response.json({ success: true }), /not what the API documents/],
  ])('skips them where %s, with a reason', async (_what, answer, fix) => {
    const scene = await healthyScene();
    scene.provider.faults.push({ call: 'prefs', when: 'before', answer });
    const run = await scene.doctor();
    expect(run.exitCode).toBe(0);
    expect(run.levelOf('preferences')).toMatchObject({ level: 'skipped', fix: expect.stringMatching(fix) });
  });

  it('compares preferences by slug where the list answers so', async () => {
    const scene = await healthyScene();
    scene.provider.listsSlugs = true;
    expect((await scene.doctor()).levelOf('preferences')?.level).toBe('fine');
    Object.assign(scene.provider.preferences.client?.low_credit ?? {}, { webhooks: false });
    const { found } = (await scene.doctor()).levelOf('preferences') ?? {};
    expect(found).toMatch(/for low_credit$/);
  });

  it('points at security-critical subscriptions', async () => {
    const scene = await healthyScene();
    scene.webhook?.event_types.push('client:password_reset');
    expect((await scene.doctor()).levelOf('security')?.level).toBe('warning');
  });

  it('goes on with the Worker when the API refuses the key', async () => {
    const scene = await healthyScene();
    scene.env.VAST_API_KEY = 'a-wrong-key';
    const run = await scene.doctor();
    expect(run.exitCode).toBe(1);
    expect(run.levelOf('registration')).toMatchObject({ level: 'problem', found: expect.stringContaining('401') });
    expect(run.levelOf('endpoint')?.level).toBe('fine');
  });

  it('skips what it was not given the keys for, and says what to give', async () => {
    const scene = await healthyScene();
    scene.env.VAST_API_KEY = undefined;
    const run = await scene.doctor();
    expect(run.exitCode).toBe(0);
    for (const check of ['secret', 'registration', 'deliveries']) expect(run.levelOf(check)?.level).toBe('skipped');
  });

  it('tells a closed ops API from a wrong token', async () => {
    const scene = await healthyScene();
    scene.env.OPS_TOKEN = 'ops-token-1234';
    expect((await scene.doctor()).levelOf('deliveries')?.found).toContain('no OPS_TOKEN');
    scene.worker.opsToken = 'another-token';
    expect((await scene.doctor()).levelOf('deliveries')?.found).toContain('does not accept');
  });

  it('says that a Worker elsewhere takes a short OPS_TOKEN for none', async () => {
    const target = secureTargetOf('https://hooks.example.com');
    const ops = createOpsClient({ fetch: async () => Response.json({ events: [] }) }, target.worker, 'unused');
    const [short] = await checkLedger(ops, 'x'.repeat(23), target, 0);
    expect(short).toMatchObject({ level: 'warning', found: expect.stringContaining('serves no ops page') });
    const here = secureTargetOf('http://127.0.0.2:1');
    expect((await checkLedger(ops, 'x'.repeat(24), target, 0))[0]?.found).toBe('none yet');
    expect((await checkLedger(ops, 'short', here, 0))[0]?.found).toBe('none yet');
  });

  it('hears nothing of Vast.ai in its tests, nor in what patrol tells', async () => {
    const day = 86_400_000;
    const event = (type: string, endpoint: string, receivedAt: number) => ({
      ...{ id: type, type, endpoint, receivedAt, status: 'processed', attempts: 1 },
    });
    const events = [event('observed.silence', 'patrol', 30 * day), event('webhook_test', 'default', 29 * day)];
    const find = async (more: readonly object[]) => {
      const answer = async () => Response.json({ events: [...events, ...more] });
      const ops = createOpsClient({ fetch: answer }, secureTargetOf('http://127.0.0.1:1').worker, 'unused');
      return (await checkLedger(ops, 'x'.repeat(24), secureTargetOf('http://127.0.0.1:1'), 30 * day))[1];
    };
    expect(await find([])).toMatchObject({ level: 'warning', found: expect.stringContaining('no webhook but tests') });
    const last = event('outbid', 'default', 5 * day);
    expect(await find([last])).toMatchObject({ level: 'warning', found: 'nothing for 25 days' });
  });

  it.each([403, 500])('goes on where the list of keys is answered %d', async (status) => {
    const scene = await healthyScene();
    scene.provider.apiKeys.set('the-read-key', { id: 7, name: 'read', scopes: ['instance_read'] });
    scene.env.VAST_READ_KEY = 'the-read-key';
    const run = await scene.vast(['doctor', '--url', scene.worker.origin, '--json'], {
      fetch: async (input, init) =>
        String(input).includes('apikeys') ? new Response('', { status }) : scene.network.fetch(input, init),
    });
    const { findings } = JSON.parse(run.stdout) as { findings: Finding[] };
    const checks = findings.map(({ check }) => check);
    expect(checks).toContain('endpoint');
    expect(checks).toContain('read key');
  });

  it.each<[string, readonly string[] | undefined, string, RegExp]>([
    ['reads instances alone', ['instance_read'], 'fine', /cannot read the account/],
    ['reads everything', undefined, 'warning', /reads the account/],
    ['reads the account as well', ['instance_read', 'user_read'], 'warning', /reads the account/],
    ['cannot read instances', ['misc'], 'warning', /cannot list instances/],
  ])('judges a read key that %s', async (_what, scopes, level, found) => {
    const scene = await healthyScene();
    scene.provider.apiKeys.set('the-read-key', { id: 7, name: 'read', scopes });
    scene.env.VAST_READ_KEY = 'the-read-key';
    for (const own of [scene.env.VAST_API_KEY, undefined]) {
      scene.env.VAST_API_KEY = own;
      const run = await scene.doctor();
      expect(run.exitCode).toBe(0);
      expect(run.levelOf('read key')).toMatchObject({ level, found: expect.stringMatching(found) });
      expect(run.stdout).not.toContain('the-read-key');
    }
  });

  it('asks for the preferences with a read key only where it knows whose they are', async () => {
    const scene = await healthyScene();
    scene.provider.apiKeys.set('the-read-key', { id: 7, name: 'read', scopes: ['instance_read'] });
    scene.env.VAST_READ_KEY = 'the-read-key';
    await scene.doctor();
    expect(scene.provider.calls.filter((call) => call === 'prefs')).toHaveLength(2);
    scene.env.VAST_API_KEY = undefined;
    await scene.doctor();
    expect(scene.provider.calls.filter((call) => call === 'prefs')).toHaveLength(2);
  });

  it('does not judge a read key when Vast.ai has trouble', async () => {
    const scene = await healthyScene();
    scene.env.VAST_READ_KEY = 'the-read-key';
    scene.provider.apiKeys.set('the-read-key', { id: 7, name: 'read', scopes: ['instance_read'] });
    scene.provider.faults.push({ call: 'instances', when: 'before', answer: () => new Response('', { status: 500 }) });
    const found = expect.stringMatching(/problem of its own/);
    expect((await scene.doctor()).levelOf('read key')).toMatchObject({ level: 'warning', found });
  });

  it('says nothing of a read key that it was not given', async () => {
    const scene = await healthyScene();
    expect((await scene.doctor()).levelOf('read key')).toBeUndefined();
  });

  it.each([
    'https://10.0.0.8',
    'https://192.168.1.4',
    'https://worker.local',
    'https://worker',
    'http://localhost:8787',
  ])('warns that Vast.ai cannot reach %s', (url) => {
    expect(checkAddress(secureTargetOf(url)).level).toBe('warning');
  });

  it('has nothing against a public https address', () => {
    expect(checkAddress(secureTargetOf('https://hooks.example.com')).level).toBe('fine');
  });
});
