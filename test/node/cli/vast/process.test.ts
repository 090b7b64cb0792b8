// The command as a process of its own: signals, exit codes, and what other users of the machine can
// see of it.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createScene, overHttp, type Scene } from './scene.ts';

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

/** As every user of the machine can read it. */
function commandLineOf(pid: number | undefined): string {
  return process.platform === 'linux' ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
}

describe('npm run vast', () => {
  it('stores the secret before it obeys Ctrl-C, with no secret on any command line', async () => {
    const scene = await registeredScene();
    const { promise: goOn, resolve } = Promise.withResolvers<void>();
    const lines: string[] = [];
    const run = start(scene);
    let { pid } = run.child;
    scene.worker.onCommand = ({ name, argv }, when) => {
      lines.push(argv.join(' '), commandLineOf(pid));
      return name === SECOND && when === 'before' ? goOn : undefined;
    };
    await vi.waitUntil(() => scene.worker.commands.some(({ name }) => name === SECOND), PATIENCE);
    run.child.kill('SIGINT');
    await vi.waitUntil(() => run.said().includes('as soon as the new secret is stored'), PATIENCE);
    resolve();

    expect(await run.ended).toBe(130);
    expect(scene.worker.stored.get(SECOND)).toBe(scene.provider.secrets.get(scene.id));
    const again = start(scene);
    pid = again.child.pid;
    expect(await again.ended).toBe(0);
    expect(scene.provider.everySecret).toHaveLength(1);

    const seen = `${lines.join('\n')}${run.said()}${again.said()}`;
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
