// The command as a process of its own: signals, exit codes, and what other users of the machine can
// see of it.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createScene, overHttp, type Scene } from './scene.ts';
import { never } from './serve.ts';

const VAST = new URL('../../../../src/cli/vast.ts', import.meta.url).pathname;
const SECOND = 'VASTAI_WEBHOOK_SECRET_2';
const PATIENCE = { timeout: 120_000, interval: 50 };

async function registeredScene() {
  const scene = await createScene(overHttp());
  scene.worker.lagMs = 0;
  scene.worker.set('VASTAI_WEBHOOK_SECRET', 'the-old-secret');
  const id = scene.provider.add(`${scene.worker.origin}/webhooks/vastai`, 'the-old-secret');
  return { ...scene, id };
}

function start(scene: Scene) {
  const child = spawn(process.execPath, [VAST, 'webhooks', 'rotate', ...scene.secretOptions, '--settle', '0'], {
    env: scene.env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, said: () => said };
}

describe('npm run vast', () => {
  it('rotates, and after SIGKILL between rotation and storing completes when run again', async () => {
    const scene = await registeredScene();
    scene.provider.faults.push({ call: 'rotate', when: 'after', times: 1, answer: () => never });
    const first = start(scene);
    await vi.waitUntil(() => scene.provider.everySecret.length === 1, PATIENCE);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(scene.worker.stored.has(SECOND)).toBe(false);

    const second = start(scene);
    expect(await second.ended).toBe(0);
    expect(scene.worker.stored.get(SECOND)).toBe(scene.provider.secrets.get(scene.id));
    expect(scene.provider.everySecret).toHaveLength(2);
  });

  it('stores the secret before it obeys Ctrl-C, and says that it is not complete', async () => {
    const scene = await registeredScene();
    const { promise: goOn, resolve } = Promise.withResolvers<void>();
    scene.worker.onCommand = ({ name }, when) => (name === SECOND && when === 'before' ? goOn : undefined);
    const run = start(scene);
    await vi.waitUntil(() => scene.worker.commands.some(({ name }) => name === SECOND), PATIENCE);
    run.child.kill('SIGINT');
    await vi.waitUntil(() => run.said().includes('as soon as the new secret is stored'), PATIENCE);
    resolve();

    expect(await run.ended).toBe(130);
    expect(scene.worker.stored.get(SECOND)).toBe(scene.provider.secrets.get(scene.id));
    const again = start(scene);
    expect(await again.ended).toBe(0);
    expect(scene.provider.everySecret).toHaveLength(1);
  });

  it.skipIf(process.platform !== 'linux')('has no secret on any command line while it runs', async () => {
    const scene = await registeredScene();
    const lines: string[] = [];
    let run: ReturnType<typeof start> | undefined;
    scene.worker.onCommand = ({ argv }) => {
      lines.push(argv.join(' '), readFileSync(`/proc/${run?.child.pid}/cmdline`, 'utf8'));
    };
    run = start(scene);
    expect(await run.ended).toBe(0);
    const seen = `${lines.join('\n')}${run.said()}`;
    expect(seen).toContain(SECOND);
    for (const secret of [...scene.provider.everySecret, String(scene.env.VAST_API_KEY)])
      expect(seen).not.toContain(secret);
  });

  it('asks for the key rather than taking one as an argument', async () => {
    const scene = await registeredScene();
    scene.env.VAST_API_KEY = undefined;
    const run = start(scene);
    expect(await run.ended).toBe(2);
    expect(run.said()).toContain('VAST_API_KEY');
  });
});
