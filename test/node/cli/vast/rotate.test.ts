// Rotation against a provider that switches secrets at the rotate call and keeps on delivering
// meanwhile.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { killedAt } from './kill.ts';
import type { Signing } from './provider-deliveries.ts';
import { createScene, type Scene } from './scene.ts';
import { never } from './serve.ts';

const FIRST = 'VASTAI_WEBHOOK_SECRET';
const SECOND = 'VASTAI_WEBHOOK_SECRET_2';
const OLD_SECRET = 'old-secret-of-the-webhook';

const rotating = ({ secretOptions }: Scene) => ['webhooks', 'rotate', ...secretOptions];

async function registeredScene() {
  const scene = await createScene();
  scene.worker.set(FIRST, OLD_SECRET);
  const id = scene.provider.add(`${scene.worker.origin}/webhooks/vastai`, OLD_SECRET);
  return {
    ...scene,
    id,
    rotate: (...more: string[]) => scene.vast([...rotating(scene), ...more]),
  };
}

describe('webhooks rotate', () => {
  it.each<Signing>(['signed_again', 'signed_once'])(
    'loses none of the deliveries that span the switch, with retries %s',
    async (signing) => {
      const scene = await registeredScene();
      // Every tenth delivery meets a transient failure and waits for its retry until the rotation
      // is over.
      scene.worker.front = (request) =>
        /^event-\d*0-/.test(request.headers.get('x-vast-event-id') ?? '')
          ? new Response('', { status: 503 })
          : undefined;
      const stream = scene.provider.startStream(signing, 50);
      await scene.clock.sleep(2_000);

      expect((await scene.rotate()).exitCode).toBe(0);

      scene.worker.front = undefined;
      await scene.clock.sleep(10_000);
      const deliveries = await stream.stop();
      expect(deliveries.length).toBeGreaterThan(500);
      expect(deliveries.filter(({ statuses }) => statuses.includes(503)).length).toBeGreaterThan(50);
      expect(deliveries.filter(({ state }) => state !== 'delivered')).toEqual([]);
      expect(deliveries.filter(({ eventId }) => !scene.worker.accepted.has(eventId))).toEqual([]);
      expect(scene.worker.quarantined).toEqual([]);
    },
  );

  it('puts the new secret into the free slot, keeps the old one and closes the window', async () => {
    const scene = await registeredScene();
    expect((await scene.rotate()).exitCode).toBe(0);
    expect(scene.worker.stored.get(FIRST)).toBe(OLD_SECRET);
    expect(scene.worker.stored.get(SECOND)).toBe(scene.provider.secrets.get(scene.id));
    expect(Number(scene.worker.stored.get('VASTAI_ROTATION_UNTIL'))).toBe(0);
  });

  it('asks Vast.ai for nothing before the Worker answers mismatches with 503', async () => {
    const scene = await registeredScene();
    const seen: string[] = [];
    await scene.vast(['webhooks', 'rotate', ...scene.secretOptions], {
      fetch: async (input, init) => {
        const response = await scene.network.fetch(input, init);
        seen.push(`${new URL(String(input)).pathname} ${response.status}`);
        return response;
      },
    });
    const rotateAt = seen.findIndex((line) => line.includes('rotate-secret'));
    expect(rotateAt).toBeGreaterThan(0);
    expect(seen.slice(rotateAt - 3, rotateAt)).toEqual(Array(3).fill('/webhooks/vastai 503'));
  });

  it('retires the old slot at the second run and uses it for the next rotation', async () => {
    const scene = await registeredScene();
    await scene.rotate();
    expect((await scene.rotate()).exitCode).toBe(0);
    expect(scene.worker.stored.has(FIRST)).toBe(false);

    await scene.rotate();
    expect(scene.worker.stored.get(FIRST)).toBe(scene.provider.secrets.get(scene.id));
    expect(scene.provider.everySecret).toHaveLength(2);
  });

  it('goes on to retire a slot that is gone already, and rotates nothing', async () => {
    const scene = await registeredScene();
    await scene.rotate();
    scene.worker.onCommand = ({ verb }, when) => {
      if (verb === 'delete' && when === 'after') throw new Error('out of order');
    };
    expect((await scene.rotate()).exitCode).not.toBe(0);
    expect(scene.worker.stored.has(FIRST)).toBe(false);
    scene.worker.onCommand = () => undefined;
    expect(JSON.parse((await scene.rotate('--json')).stdout)).toMatchObject({ ok: true, state: 'retired' });
    expect(scene.provider.everySecret).toHaveLength(1);
  });

  it('finishes with --finish, and then has nothing more to finish', async () => {
    const scene = await registeredScene();
    await scene.rotate();
    expect((await scene.rotate('--finish')).exitCode).toBe(0);
    const again = await scene.rotate('--finish', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, state: 'nothing_to_finish' });
    expect(scene.provider.everySecret).toHaveLength(1);
  });

  it('does not finish what has not switched yet', async () => {
    const scene = await registeredScene();
    scene.worker.onCommand = ({ name }) => {
      if (name === SECOND) throw new Error('out of order');
    };
    expect((await scene.rotate()).exitCode).toBe(3);
    scene.worker.onCommand = () => undefined;
    const finish = await scene.rotate('--finish');
    expect({ exitCode: finish.exitCode, stored: scene.worker.stored.has(SECOND) }).toEqual({
      exitCode: 3,
      stored: false,
    });
    expect(finish.stderr).toContain('not complete yet');
  });

  it('has a test made again where Vast.ai has trouble, and not where it says no', async () => {
    const scene = await registeredScene();
    const answered = (status: number) => () => new Response('{"success":false}', { status });
    scene.provider.faults.push({ call: 'test', when: 'before', times: 2, answer: answered(500) });
    scene.provider.faults.push({ call: 'test', when: 'before', times: 1, answer: answered(200) });
    expect((await scene.rotate()).exitCode).toBe(0);
    scene.provider.faults.push({ call: 'test', when: 'before', answer: answered(403) });
    const before = scene.provider.calls.length;
    const refused = await scene.rotate();
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(/Could not make the test: [^.]*\(403\)\. If the secret/);
    expect(scene.provider.calls.slice(before).filter((call) => call === 'test')).toHaveLength(1);
  });

  it('keeps the old slot when Vast.ai signs with a secret that the Worker does not know', async () => {
    const scene = await registeredScene();
    await scene.rotate();
    scene.provider.secrets.set(scene.id, 'changed-in-the-console');
    expect((await scene.rotate()).exitCode).toBe(3);
    expect(scene.worker.stored.has(FIRST)).toBe(true);
  });

  it('rotates an endpoint’s own slots', async () => {
    const scene = await createScene();
    scene.worker.set('VASTAI_WEBHOOK_SECRET_HOST', OLD_SECRET);
    const id = scene.provider.add(`${scene.worker.origin}/webhooks/vastai/host`, OLD_SECRET);
    const run = await scene.vast([
      'webhooks',
      'rotate',
      '--url',
      scene.worker.origin,
      '--endpoint',
      'host',
      ...scene.secretOptions,
    ]);
    expect(run.exitCode).toBe(0);
    expect(scene.worker.stored.get('VASTAI_WEBHOOK_SECRET_HOST_2')).toBe(scene.provider.secrets.get(id));
  });

  it('leaves the window open while another endpoint of the Worker is being rotated', async () => {
    const scene = await registeredScene();
    scene.worker.set('VASTAI_WEBHOOK_SECRET_HOST', 'host-secret');
    scene.provider.add(`${scene.worker.origin}/webhooks/vastai/host`, 'host-secret');
    scene.provider.faults.push({
      call: 'rotate',
      when: 'after',
      times: 4,
      answer: () => new Response('', { status: 500 }),
    });
    expect((await scene.rotate('--endpoint', 'host', '--url', scene.worker.origin)).exitCode).toBe(3);

    expect((await scene.rotate('--url', scene.worker.origin)).exitCode).toBe(0);
    expect(Number(scene.worker.stored.get('VASTAI_ROTATION_UNTIL'))).toBeGreaterThan(scene.clock.now() / 1000);
  });

  it('does not guess where both slots are set and nothing is recorded', async () => {
    const scene = await registeredScene();
    scene.worker.set(SECOND, 'another-secret');
    const run = await scene.rotate();
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('--current');
    expect(scene.provider.calls).not.toContain('rotate');
  });

  it('takes the operator’s word with --current', async () => {
    const scene = await registeredScene();
    scene.worker.set(SECOND, 'a-leftover');
    expect((await scene.rotate('--current', FIRST)).exitCode).toBe(0);
    expect(scene.worker.stored.get(FIRST)).toBe(OLD_SECRET);
    expect(scene.worker.stored.get(SECOND)).toBe(scene.provider.secrets.get(scene.id));
  });

  it('changes nothing at Vast.ai when the secret command writes to another Worker', async () => {
    const scene = await registeredScene();
    const other = await createScene(scene);
    const run = await scene.vast(['webhooks', 'rotate', '--current', FIRST, ...other.secretOptions]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('Nothing was changed at Vast.ai');
    expect(scene.provider.calls).not.toContain('rotate');
  });

  it('names what is left when the new secret cannot be stored, and completes when run again', async () => {
    const scene = await registeredScene();
    scene.worker.onCommand = ({ name }) => {
      if (name === SECOND) throw new Error('out of order');
    };
    const first = await scene.rotate();
    expect(first.exitCode).toBe(3);
    expect(first.stderr).toContain('Run the same command again');

    scene.worker.onCommand = () => undefined;
    expect((await scene.rotate()).exitCode).toBe(0);
    expect(scene.worker.stored.get(SECOND)).toBe(scene.provider.secrets.get(scene.id));
  });

  it('closes the window and changes nothing where Vast.ai refuses to rotate', async () => {
    const scene = await registeredScene();
    scene.provider.faults.push({ call: 'rotate', when: 'before', answer: () => new Response('{}', { status: 401 }) });
    expect((await scene.rotate()).exitCode).toBe(1);
    expect(Number(scene.worker.stored.get('VASTAI_ROTATION_UNTIL'))).toBe(0);
    expect(scene.worker.stored.has(SECOND)).toBe(false);
  });

  it('still knows which slot to retire after a further rotation could not begin', async () => {
    const scene = await registeredScene();
    await scene.rotate();
    const fault = { call: 'rotate', when: 'before', answer: () => new Response('{}', { status: 401 }) } as const;
    scene.provider.faults.push(fault);
    expect((await scene.rotate('--again')).exitCode).toBe(1);
    scene.provider.faults.length = 0;
    expect((await scene.rotate('--finish')).exitCode).toBe(0);
    expect([...scene.worker.stored.keys()]).not.toContain(FIRST);
  });

  it('does not rotate again when the interrupted run had stored its secret', async () => {
    const scene = await registeredScene();
    const { promise: stored, resolve } = Promise.withResolvers<void>();
    scene.worker.onCommand = async ({ name }, when) => {
      if (name !== SECOND || when === 'before') return;
      resolve();
      await never;
    };
    void scene.rotate();
    await stored;
    scene.worker.onCommand = () => undefined;

    expect((await scene.rotate()).exitCode).toBe(0);
    expect(scene.provider.everySecret).toHaveLength(1);
  });

  it('keeps the window open while Vast.ai may sign with a lost secret, even if a rerun gets no further', async () => {
    const scene = await registeredScene();
    scene.provider.faults.push({
      call: 'rotate',
      when: 'after',
      times: 4,
      answer: () => new Response('', { status: 500 }),
    });
    expect((await scene.rotate()).exitCode).toBe(3);
    scene.provider.faults.push({ call: 'rotate', when: 'before', answer: () => new Response('{}', { status: 404 }) });
    expect((await scene.rotate()).exitCode).toBe(3);
    expect(Number(scene.worker.stored.get('VASTAI_ROTATION_UNTIL'))).toBeGreaterThan(scene.clock.now() / 1000);
  });

  it('shows no secret in what it says, in arguments, in the command’s environment or in its record', async () => {
    const scene = await registeredScene();
    scene.worker.onCommand = ({ name }) => {
      if (name === SECOND) throw new Error('out of order');
    };
    await scene.rotate();
    scene.worker.onCommand = () => undefined;
    await scene.rotate();
    await scene.rotate('--json');
    const record = readFileSync(`${scene.env.HOME}/vastai-webhook-worker/rotations.json`, 'utf8');
    const everywhere = `${scene.said.text}${JSON.stringify(scene.worker.commands)}${record}`;
    expect(everywhere).toContain(`failed with [secret]`);
    for (const secret of [...scene.provider.everySecret, String(scene.env.VAST_API_KEY)]) {
      expect(everywhere).not.toContain(secret);
    }
  });
});

/** A rotation has about ten steps; the loops below end by themselves when a run gets through. */
const MOST_STEPS = 40;

describe.each(['before', 'after'] as const)('webhooks rotate, killed %s a step takes effect', (when) => {
  it('completes at the next run and refuses no delivery, whichever step it was', async () => {
    let kills = 0;
    for (let step = 1; step <= MOST_STEPS; step += 1) {
      const scene = await registeredScene();
      const stream = scene.provider.startStream('signed_again', 500);
      const wasKilled = (await killedAt(scene, rotating(scene), step, when)) === undefined;
      if (wasKilled) {
        kills += 1;
        const rerun = await scene.rotate();
        expect({ step, exitCode: rerun.exitCode, stderr: rerun.stderr }).toEqual({
          step,
          exitCode: 0,
          stderr: '',
        });
      }
      const lost = (await stream.stop()).filter(({ state }) => state !== 'delivered');
      expect({ step, lost }).toEqual({ step, lost: [] });
      const current = scene.provider.secrets.get(scene.id);
      expect([...scene.worker.stored.values()]).toContain(current);
      expect(Number(scene.worker.stored.get('VASTAI_ROTATION_UNTIL'))).toBe(0);
      if (!wasKilled) break;
    }
    expect(kills).toBeGreaterThan(8);
    expect(kills).toBeLessThan(MOST_STEPS);
  });
});

describe('webhooks rotate --finish, killed at any step', () => {
  it('retires the old slot at the next run and rotates nothing', async () => {
    let kills = 0;
    for (let step = 1; step <= MOST_STEPS; step += 1) {
      const scene = await registeredScene();
      await scene.rotate();
      const wasKilled = (await killedAt(scene, [...rotating(scene), '--finish'], step, 'after')) === undefined;
      if (wasKilled) {
        kills += 1;
        expect({ step, exitCode: (await scene.rotate('--finish')).exitCode }).toEqual({ step, exitCode: 0 });
      }
      expect(scene.worker.stored.has(FIRST)).toBe(false);
      expect(scene.worker.stored.get(SECOND)).toBe(scene.provider.secrets.get(scene.id));
      expect(scene.provider.everySecret).toHaveLength(1);
      if (!wasKilled) break;
    }
    expect(kills).toBeGreaterThan(3);
    expect(kills).toBeLessThan(MOST_STEPS);
  });
});
