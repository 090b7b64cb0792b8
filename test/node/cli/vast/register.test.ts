// Registering, from an API key and a deployed URL to a verified test event, and every way in which
// that can stop.
import { describe, expect, it } from 'vitest';
import { killedAt } from './kill.ts';
import { createScene } from './scene.ts';

const SLOT = 'VASTAI_WEBHOOK_SECRET';

async function freshScene() {
  const scene = await createScene();
  const args = ['webhooks', 'register', '--url', scene.worker.origin, '--events', 'billing', ...scene.secretOptions];
  return { ...scene, args, register: (...more: string[]) => scene.vast([...args, ...more]) };
}

const html = () => new Response('<!doctype html><title>Oops</title>', { status: 502 });

describe('webhooks register', () => {
  it('goes from a key and a URL to a verified test event in one command', async () => {
    const scene = await freshScene();
    const run = await scene.register('--name', 'my events');
    expect(run.exitCode).toBe(0);
    const [webhook] = [...scene.provider.webhooks.values()];
    expect(webhook).toMatchObject({ webhook_url: `${scene.worker.origin}/webhooks/vastai`, name: 'my events' });
    expect(webhook?.event_types).toContain('client:low_credit');
    expect(scene.worker.stored.get(SLOT)).toBe(scene.provider.secrets.get(webhook?.id ?? 0));
    expect(scene.provider.calls.at(-1)).toBe('test');
  });

  it('registers a named endpoint with a path and a secret of its own', async () => {
    const scene = await freshScene();
    expect((await scene.register('--endpoint', 'host', '--events', 'host')).exitCode).toBe(0);
    expect([...scene.worker.stored.keys()]).toEqual(['VASTAI_WEBHOOK_SECRET_HOST']);
    expect([...scene.provider.webhooks.values()][0]?.webhook_url).toBe(`${scene.worker.origin}/webhooks/vastai/host`);
  });

  it.each([true, false])(
    'confirms in the ledger that the test arrived (the test call tells its id: %s)',
    async (tells) => {
      const scene = await freshScene();
      scene.provider.tellsEventId = tells;
      scene.worker.opsToken = 'ops-token-1234';
      scene.env.OPS_TOKEN = 'ops-token-1234';
      const run = await scene.register('--json');
      expect(JSON.parse(run.stdout)).toMatchObject({
        ok: true,
        confirmation: { kind: 'in_ledger', status: 'processed' },
      });
    },
  );

  it('stops unfinished when the test event does not reach the ledger', async () => {
    const scene = await freshScene();
    scene.worker.opsToken = 'ops-token-1234';
    scene.worker.consuming = false;
    scene.env.OPS_TOKEN = 'ops-token-1234';
    const run = await scene.register();
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('did not reach the ledger');
  });

  it('does not take the test of an earlier run for its own', async () => {
    const scene = await freshScene();
    scene.provider.tellsEventId = false;
    scene.worker.opsToken = 'ops-token-1234';
    scene.env.OPS_TOKEN = 'ops-token-1234';
    expect((await scene.register()).exitCode).toBe(0);
    scene.worker.consuming = false;
    expect((await scene.register()).exitCode).toBe(3);
  });

  it('leaves no trace at the Worker beyond its probe and the test', async () => {
    const scene = await freshScene();
    await scene.register();
    expect(scene.worker.quarantined).toEqual([]);
    expect(scene.worker.accepted.size).toBe(2);
  });

  it('undoes the registration when the secret cannot be stored', async () => {
    const scene = await freshScene();
    scene.worker.onCommand = () => {
      throw new Error('not logged in');
    };
    const run = await scene.register();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('nothing is left');
    expect(scene.provider.webhooks.size).toBe(0);
  });

  it('says what is left when not even the undoing works', async () => {
    const scene = await freshScene();
    scene.worker.onCommand = () => {
      throw new Error('not logged in');
    };
    scene.provider.faults.push({ call: 'delete', when: 'before', answer: html });
    const run = await scene.register();
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toMatch(/Webhook 11 is registered.*webhooks delete 11/);
  });

  it('says what is left when the Worker never learns the secret', async () => {
    const scene = await freshScene();
    scene.worker.lagMs = 1e9;
    const run = await scene.register();
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toMatch(/Webhook 11 is registered.*VASTAI_WEBHOOK_SECRET.*wrangler\.toml/);
  });

  it('does not register twice when the answer to the registration is lost', async () => {
    const scene = await freshScene();
    scene.provider.faults.push({ call: 'create', when: 'after', times: 1, answer: html });
    const run = await scene.register();
    expect(run.exitCode).toBe(0);
    expect(scene.provider.webhooks.size).toBe(1);
    expect(scene.provider.calls.filter((call) => call === 'create')).toHaveLength(1);
    expect(scene.worker.stored.get(SLOT)).toBe(scene.provider.secrets.get(11));
  });

  it('says so when a failed registration left nothing', async () => {
    const scene = await freshScene();
    scene.provider.faults.push({ call: 'create', when: 'before', answer: html });
    const run = await scene.register();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('It was not registered');
  });

  it('completes at the next run, whichever step it was killed at', async () => {
    let kills = 0;
    for (let step = 1; step <= 40; step += 1) {
      const scene = await freshScene();
      const wasKilled = (await killedAt(scene, scene.args, step, 'after')) === undefined;
      if (wasKilled) {
        kills += 1;
        const rerun = await scene.register();
        expect({ step, exitCode: rerun.exitCode, stderr: rerun.stderr }).toEqual({
          step,
          exitCode: 0,
          stderr: '',
        });
      }
      expect(scene.provider.webhooks.size).toBe(1);
      expect(scene.worker.stored.get(SLOT)).toBe(scene.provider.secrets.get(11));
      if (!wasKilled) break;
    }
    expect(kills).toBeGreaterThan(6);
    expect(kills).toBeLessThan(40);
  });

  it('asks Vast.ai for nothing when something else answers in front of the Worker', async () => {
    const scene = await freshScene();
    scene.worker.front = () => Response.redirect('https://team.cloudflareaccess.com/cdn-cgi/access/login/x', 302);
    const run = await scene.register();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('login page');
    expect(scene.provider.calls).toEqual([]);
  });

  it('asks Vast.ai for nothing when /health alone is a stranger’s', async () => {
    const scene = await freshScene();
    scene.worker.front = ({ method }) => (method === 'GET' ? Response.json({ received: true }) : undefined);
    const run = await scene.register();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('/health answers 200, not as this Worker does');
    expect(scene.provider.calls).toEqual([]);
  });

  it('refuses a fifth webhook before asking for it', async () => {
    const scene = await freshScene();
    for (const name of ['a', 'b', 'c', 'd']) scene.provider.add(`https://${name}.example/webhooks/vastai`, 's');
    const run = await scene.register();
    expect(run.exitCode).toBe(1);
    expect(scene.provider.calls).not.toContain('create');
  });

  it('does not overwrite a secret that another webhook may use, unless told to', async () => {
    const scene = await freshScene();
    scene.worker.set(SLOT, 'somebody-elses');
    expect((await scene.register()).exitCode).toBe(1);
    expect(scene.worker.stored.get(SLOT)).toBe('somebody-elses');
    expect((await scene.register('--replace-secret')).exitCode).toBe(0);
    expect(scene.worker.stored.get(SLOT)).toBe('somebody-elses');
    expect(scene.worker.stored.get(`${SLOT}_2`)).toBe(scene.provider.secrets.get(11));
  });

  it('verifies instead of registering when it is run again', async () => {
    const scene = await freshScene();
    await scene.register();
    const again = await scene.register('--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, created: false });
    expect(scene.provider.webhooks.size).toBe(1);
    expect(scene.provider.everySecret).toHaveLength(1);
  });

  it('knows its events again in a list of slugs', async () => {
    const scene = await freshScene();
    await scene.register();
    scene.provider.listsSlugs = true;
    expect(await scene.register()).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await scene.register('--events', 'billing,outbid')).stderr).toContain('webhooks update 11');
  });

  it('points to update when the URL is registered for other types', async () => {
    const scene = await freshScene();
    await scene.register();
    const run = await scene.register('--events', 'instance');
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('webhooks update 11');
  });

  it('shows neither the key nor the secret, whatever fails', async () => {
    const scene = await freshScene();
    scene.worker.onCommand = () => {
      throw new Error('out of order');
    };
    await scene.register();
    scene.worker.onCommand = () => undefined;
    await scene.register();
    const everywhere = `${scene.said.text}${JSON.stringify(scene.worker.commands)}`;
    expect(everywhere).toContain('failed with [secret]');
    for (const secret of [...scene.provider.everySecret, String(scene.env.VAST_API_KEY)]) {
      expect(everywhere).not.toContain(secret);
    }
  });
});
