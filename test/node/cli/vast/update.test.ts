// `webhooks update --url`: checked before, tested afterwards, and back where the test fails, while
// signed events go on arriving.
import { describe, expect, it } from 'vitest';
import { tooManyRequests } from './fake-provider.ts';
import { createScene } from './scene.ts';

const SECRET = 'the-secret-of-the-webhook';

/** A webhook that works at one endpoint, and another endpoint with a secret of its own, or none. */
async function twoEndpoints(otherSecret?: string) {
  const scene = await createScene();
  scene.worker.set('VASTAI_WEBHOOK_SECRET', SECRET);
  if (otherSecret !== undefined) scene.worker.set('VASTAI_WEBHOOK_SECRET_HOST', otherSecret);
  const before = `${scene.worker.origin}/webhooks/vastai`;
  const id = scene.provider.add(before, SECRET);
  const args = ['webhooks', 'update', `${id}`, '--url', `${before}/host`, ...scene.secretOptions];
  return { ...scene, before, url: () => scene.provider.webhooks.get(id)?.webhook_url, update: () => scene.vast(args) };
}

describe('webhooks update --url', () => {
  it.each(['signed_again', 'signed_once'] as const)('moves where the secret is known (%s)', async (signing) => {
    const scene = await twoEndpoints(SECRET);
    const stream = scene.provider.startStream(signing);
    expect(await scene.update()).toMatchObject({ exitCode: 0 });
    expect(scene.url()).toBe(`${scene.before}/host`);
    expect((await stream.stop()).filter(({ state }) => state === 'lost')).toEqual([]);
    expect(scene.worker.stored.get('VASTAI_ROTATION_UNTIL')).toBe('0');
  });

  it.each(['signed_again', 'signed_once'] as const)(
    'goes back where it is not, and loses nothing (%s)',
    async (signing) => {
      const scene = await twoEndpoints('the-secret-of-another');
      const stream = scene.provider.startStream(signing);
      const run = await scene.update();
      expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`at ${scene.before} as before`) });
      expect(scene.url()).toBe(scene.before);
      const all = await stream.stop();
      expect(all.length).toBeGreaterThan(40);
      expect(all.filter(({ state }) => state === 'lost')).toEqual([]);
      expect(scene.worker.stored.get('VASTAI_ROTATION_UNTIL')).toBe('0');
    },
  );

  it('changes nothing for an endpoint without a secret', async () => {
    const scene = await twoEndpoints();
    expect(await scene.update()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Nothing was changed') });
    expect(scene.provider.calls).not.toContain('update');
  });

  it('changes nothing where something else answers', async () => {
    const scene = await twoEndpoints(SECRET);
    scene.worker.front = () => new Response('hello');
    expect(await scene.update()).toMatchObject({ exitCode: 1 });
    expect(scene.provider.calls).not.toContain('update');
  });

  it('changes nothing where the window cannot be opened', async () => {
    const scene = await twoEndpoints(SECRET);
    scene.worker.onCommand = () => {
      throw new Error('not logged in');
    };
    expect(await scene.update()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not logged in') });
    expect(scene.provider.calls).not.toContain('update');
  });

  it('goes back where the outcome of the move is unknown', async () => {
    const scene = await twoEndpoints('the-secret-of-another');
    const answer = () => Response.json({}, { status: 500 });
    scene.provider.faults.push({ call: 'update', when: 'after', times: 4, answer });
    expect(await scene.update()).toMatchObject({ exitCode: 1 });
    expect(scene.url()).toBe(scene.before);
  });

  it('says how to finish where it cannot go back, and leaves the window open', async () => {
    const scene = await twoEndpoints('the-secret-of-another');
    const faults = scene.provider.faults;
    faults.push({
      call: 'test',
      when: 'before',
      answer: () => {
        faults.push({ call: 'update', when: 'before', answer: tooManyRequests });
        return Response.json({ success: false, msg: 'Webhook is not deliverable' }, { status: 400 });
      },
    });
    const run = await scene.update();
    expect(run).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/To finish: `webhooks update 11 --url/) });
    expect(Number(scene.worker.stored.get('VASTAI_ROTATION_UNTIL'))).toBeGreaterThan(scene.clock.now() / 1000);
  });
});
