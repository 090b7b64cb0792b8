// No command of ours may cost an event: each runs under a stream of signed events, and Vast.ai is
// never given a reason to give one up.
import { describe, expect, it } from 'vitest';
import { killedAt } from './kill.ts';
import type { Signing } from './provider-deliveries.ts';
import { createScene, type Scene } from './scene.ts';

const FIRST = 'VASTAI_WEBHOOK_SECRET';
const SECOND = 'VASTAI_WEBHOOK_SECRET_2';
const BOTH: Signing[] = ['signed_again', 'signed_once'];
const BILLING = /^client:(low_credit|billing_failed|payment_receipt|credit_received)$/;
const MOST_STEPS = 40;

const registering = ({ worker, secretOptions }: Scene) => [
  'webhooks',
  'register',
  '--url',
  worker.origin,
  '--events',
  'billing',
  ...secretOptions,
];
const replacing = (scene: Scene) => [...registering(scene), '--replace-secret'];

/** An endpoint that has a secret although no webhook is registered there. */
async function leftoverScene() {
  const scene = await createScene();
  scene.worker.set(FIRST, 'a-leftover');
  return scene;
}

/** Runs a command while events happen, before it and after it, and returns those that were lost. */
async function underStream(scene: Scene, signing: Signing, run: () => Promise<unknown>, everyMs = 250) {
  const stream = scene.provider.startStream(signing, everyMs);
  await scene.clock.sleep(2_000);
  await run();
  await scene.clock.sleep(10_000);
  return (await stream.stop()).filter(({ state }) => state !== 'delivered');
}

describe.each(BOTH)('under a stream of events, %s', (signing) => {
  it('a first registration loses none', async () => {
    const scene = await createScene();
    const lost = await underStream(scene, signing, async () => {
      expect(await scene.vast(registering(scene))).toMatchObject({ exitCode: 0 });
    });
    expect(lost).toEqual([]);
    expect(scene.provider.deliveries.length).toBeGreaterThan(50);
    expect(scene.worker.stored.get(FIRST)).toBe(scene.provider.secrets.get(11));
  });

  it('register --replace-secret loses none, from the webhook’s first moment on', async () => {
    const scene = await leftoverScene();
    const lost = await underStream(scene, signing, async () => {
      expect(await scene.vast(replacing(scene))).toMatchObject({ exitCode: 0 });
    });
    expect(lost).toEqual([]);
    expect(scene.provider.deliveries.filter(({ statuses }) => statuses.includes(503)).length).toBeGreaterThan(10);
    expect(Number(scene.worker.stored.get('VASTAI_ROTATION_UNTIL'))).toBe(0);
  });

  it('register --replace-secret costs another webhook that delivers here none', async () => {
    const scene = await createScene();
    scene.worker.set(FIRST, 'in-use');
    const other = scene.provider.add(`${scene.worker.customDomain}/webhooks/vastai`, 'in-use');
    const lost = await underStream(scene, signing, async () => {
      const run = await scene.vast(replacing(scene));
      expect(run).toMatchObject({ exitCode: 0, stderr: '' });
      expect(run.stdout).toContain(`${FIRST} still verifies`);
    });
    expect(lost).toEqual([]);
    expect(scene.provider.deliveries.filter(({ webhook }) => webhook === other).length).toBeGreaterThan(50);
  });

  it('register --replace-secret ends the losses of a webhook whose secret the Worker lacks', async () => {
    const scene = await leftoverScene();
    const id = scene.provider.add(`${scene.worker.origin}/webhooks/vastai`, 'nobody-has-it');
    const webhook = scene.provider.webhooks.get(id);
    if (webhook) webhook.event_types = [...scene.provider.keys].filter((key) => BILLING.test(key));
    scene.provider.listsSlugs = true;
    let begunBefore = 0;
    const lost = await underStream(scene, signing, async () => {
      const run = await scene.vast(replacing(scene), {
        fetch: (input, init) => {
          if (String(input).includes('rotate-secret')) begunBefore ||= scene.provider.deliveries.length;
          return scene.network.fetch(input, init);
        },
      });
      expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    });
    const late = scene.provider.deliveries.slice(begunBefore);
    expect(late.length).toBeGreaterThan(50);
    expect(lost.filter((delivery) => late.includes(delivery))).toEqual([]);
  });
});

describe.each(['before', 'after'] as const)('register --replace-secret, killed %s a step takes effect', (when) => {
  it('completes when run again and loses no event, whichever step it was', async () => {
    let kills = 0;
    for (let step = 1; step <= MOST_STEPS; step += 1) {
      const scene = await leftoverScene();
      let killed = true;
      const run = async () => {
        killed = (await killedAt(scene, replacing(scene), step, when)) === undefined;
        if (!killed) return;
        await scene.clock.sleep(5_000);
        const { exitCode, stderr } = await scene.vast(replacing(scene));
        expect({ step, exitCode, stderr }).toEqual({ step, exitCode: 0, stderr: '' });
      };
      const lost = await underStream(scene, 'signed_again', run, 1_000);
      expect({ step, lost }).toEqual({ step, lost: [] });
      const [webhook, ...more] = scene.provider.webhooks.keys();
      expect(more).toEqual([]);
      expect([...scene.worker.stored.values()]).toContain(scene.provider.secrets.get(webhook ?? 0));
      expect(Number(scene.worker.stored.get('VASTAI_ROTATION_UNTIL'))).toBe(0);
      if (!killed) break;
      kills += 1;
    }
    expect(kills).toBeGreaterThan(8);
    expect(kills).toBeLessThan(MOST_STEPS);
  });
});

describe('register --replace-secret', () => {
  it('asks Vast.ai for nothing before the Worker answers mismatches with 503', async () => {
    const scene = await leftoverScene();
    const other = await createScene(scene);
    other.worker.set(FIRST, 'of another Worker');
    const run = await scene.vast([...registering(scene).slice(0, 6), ...other.secretOptions, '--replace-secret']);
    expect(run.exitCode).toBe(1);
    expect(scene.provider.calls).not.toContain('create');
  });

  it('says until when nothing is lost where the secret cannot be stored, and completes when run again', async () => {
    const scene = await leftoverScene();
    const run = async () => {
      scene.worker.onCommand = ({ name }) => {
        if (name === SECOND) throw new Error('out of order');
      };
      const { exitCode, stderr } = await scene.vast(replacing(scene));
      expect(exitCode).toBe(3);
      const until = new Date(Number(scene.worker.stored.get('VASTAI_ROTATION_UNTIL')) * 1000).toISOString();
      expect(stderr).toContain(`nothing is refused for good until ${until}`);
      expect(stderr).toContain('Run the same command again');
      scene.worker.onCommand = () => undefined;
      await scene.clock.sleep(3_600_000);
      expect(await scene.vast(replacing(scene))).toMatchObject({ exitCode: 0, stderr: '' });
    };
    expect(await underStream(scene, 'signed_again', run, 10_000)).toEqual([]);
    expect(scene.provider.webhooks.size).toBe(1);
  });

  it('says until when nothing is lost where the Worker never learns the secret', async () => {
    const scene = await leftoverScene();
    scene.worker.onCommand = ({ name }) => {
      if (name === SECOND) scene.worker.lagMs = 1e9;
    };
    const run = await scene.vast(replacing(scene));
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toMatch(/nothing is refused for good until 20\d\d-.*Run the same command again/);
  });

  it('closes the window again where Vast.ai refuses to register', async () => {
    const scene = await leftoverScene();
    const answer = () => Response.json({ success: false, msg: 'No more' }, { status: 400 });
    scene.provider.faults.push({ call: 'create', when: 'before', answer });
    expect((await scene.vast(replacing(scene))).exitCode).toBe(1);
    expect(Number(scene.worker.stored.get('VASTAI_ROTATION_UNTIL'))).toBe(0);
    expect(scene.worker.stored.has(SECOND)).toBe(false);
  });

  it('replaces nothing where the webhook’s secret is known', async () => {
    const scene = await leftoverScene();
    await scene.vast(replacing(scene));
    const again = await scene.vast([...replacing(scene), '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, created: false });
    expect(scene.provider.everySecret).toHaveLength(1);
  });

  it('overwrites neither of two secrets, as either may be in use', async () => {
    const scene = await leftoverScene();
    scene.worker.set(SECOND, 'another');
    const run = await scene.vast(replacing(scene));
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('wrangler secret delete');
    expect(scene.provider.calls).not.toContain('create');
  });
});
