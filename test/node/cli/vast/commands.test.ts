// The plain commands, the help, and what every command has in common.
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askHidden, confirm } from '../../../../src/cli/vast/terminal/real-surroundings.ts';
import { createScene } from './scene.ts';

describe('types', () => {
  it('marks what is new at Vast.ai and what is gone', async () => {
    const scene = await createScene();
    scene.provider.keys = [...scene.provider.keys.filter((key) => key !== 'client:outbid'), 'client:brand_new'];
    const run = await scene.vast(['types', '--json']);
    const { types } = JSON.parse(run.stdout) as { types: { key: string; status: string }[] };
    const marked = types.filter(({ status }) => status !== 'known').map(({ key, status }) => `${key} ${status}`);
    expect(marked).toEqual(['client:brand_new new', 'client:outbid gone']);
  });

  it('says for people which are security-critical', async () => {
    const scene = await createScene();
    const run = await scene.vast(['types']);
    expect(run.stdout).toMatch(/client:password_reset .*security-critical/);
  });
});

describe('webhooks list, update, delete and test', () => {
  it('lists what is registered', async () => {
    const scene = await createScene();
    const id = scene.provider.add('https://w.example/webhooks/vastai', 's');
    expect((await scene.vast(['webhooks', 'list'])).stdout).toContain(`${id}`);
    const { webhooks } = JSON.parse((await scene.vast(['webhooks', 'list', '--json'])).stdout) as { webhooks: unknown };
    expect(webhooks).toEqual([{ id, name: null, url: 'https://w.example/webhooks/vastai', events: ['client:outbid'] }]);
  });

  it('updates only what is given, with full keys', async () => {
    const scene = await createScene();
    const id = scene.provider.add('https://w.example/webhooks/vastai', 's');
    expect((await scene.vast(['webhooks', 'update', `${id}`, '--events', 'low_credit'])).exitCode).toBe(0);
    expect(scene.provider.webhooks.get(id)).toMatchObject({
      webhook_url: 'https://w.example/webhooks/vastai',
      event_types: ['client:low_credit'],
    });
  });

  it('refuses an update of nothing', async () => {
    const scene = await createScene();
    expect((await scene.vast(['webhooks', 'update', '11'])).exitCode).toBe(2);
    expect(scene.provider.calls).toEqual([]);
  });

  it.each(['x'.repeat(121), 'a\u0007b'])('refuses a name that Vast.ai would refuse', async (name) => {
    const scene = await createScene();
    expect((await scene.vast(['webhooks', 'update', '11', '--name', name])).exitCode).toBe(2);
  });

  it('deletes after a yes, and only then', async () => {
    const scene = await createScene();
    const id = `${scene.provider.add('https://w.example/webhooks/vastai', 's')}`;
    expect((await scene.vast(['webhooks', 'delete', id])).exitCode).toBe(2);
    expect((await scene.vast(['webhooks', 'delete', id], { confirm: async () => false })).exitCode).toBe(1);
    expect(scene.provider.webhooks.size).toBe(1);
    expect((await scene.vast(['webhooks', 'delete', id, '--yes'])).exitCode).toBe(0);
    expect(scene.provider.webhooks.size).toBe(0);
  });

  it('tells how a test was answered', async () => {
    const scene = await createScene();
    scene.worker.set('VASTAI_WEBHOOK_SECRET', 'right');
    const id = scene.provider.add(`${scene.worker.origin}/webhooks/vastai`, 'right');
    expect((await scene.vast(['webhooks', 'test', `${id}`])).exitCode).toBe(0);
    scene.provider.secrets.set(id, 'wrong');
    const run = await scene.vast(['webhooks', 'test', `${id}`]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('does not know the secret');
  });
});

describe('the command line', () => {
  it.each([
    ['an unknown command', ['webhook']],
    ['an unknown option', ['types', '--jsn']],
    ['a missing option', ['webhooks', 'register', '--url', 'https://w.example']],
    ['an id that is none', ['webhooks', 'test', 'abc']],
    ['a path as an id', ['webhooks', 'delete', '../../users/1', '--yes']],
    ['two options that contradict', ['webhooks', 'rotate', '--finish', '--again']],
    ['a slot that is none', ['webhooks', 'rotate', '--url', 'https://w.example', '--settle', 'soon']],
  ])('ends with exit code 2 for %s, and asks nobody', async (_what, args) => {
    const scene = await createScene();
    const run = await scene.vast(args);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).not.toBe('');
    expect(scene.provider.calls).toEqual([]);
  });

  it.each([
    [['register', '--url', 'https://w.example', '--events', 'biling']],
    [['update', '12', '--events', 'biling']],
  ])('refuses the typing error in %j before it asks anybody anything', async (args) => {
    const scene = await createScene();
    const run = await scene.vast(['webhooks', ...args], {
      fetch: () => Promise.reject(new Error('the network was asked')),
      env: {},
      askHidden: () => Promise.reject(new Error('the operator was asked')),
    });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain('Did you mean billing?');
  });

  it('says what is wrong as JSON too where that is asked for', async () => {
    const scene = await createScene();
    const run = await scene.vast(['webhooks', 'test', 'abc', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: false, exitCode: 2 });
  });

  it.each([
    [[]],
    [['types']],
    [['webhooks']],
    ...['list', 'register', 'update', 'delete', 'test', 'rotate'].map((name) => [['webhooks', name]]),
    [['doctor']],
  ])('shows help with an example for %j', async (words) => {
    const scene = await createScene();
    const run = await scene.vast([...words, '--help']);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/Examples?:\n {2}npm run vast -- /);
  });
});

describe('asking at the terminal', () => {
  function terminal() {
    const [input, output] = [new PassThrough(), new PassThrough()];
    let shown = '';
    output.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    return { input, output, shown: () => shown };
  }

  it('takes a pasted key up to Enter and shows none of it', async () => {
    const { input, output, shown } = terminal();
    const answer = askHidden('Key:', { input, output });
    input.write('abcd\u007fe\r');
    expect(await answer).toBe('abce');
    expect(shown()).toContain('Key:');
    expect(shown()).not.toMatch(/abc/);
  });

  it.each([
    ['y\r', true],
    ['\r', false],
  ])('takes %j after a yes-or-no question for %s', async (typed, yes) => {
    const { input, output } = terminal();
    const answer = confirm('Delete?', { input, output });
    input.write(typed);
    expect(await answer).toBe(yes);
  });

  it.each([askHidden, confirm])('ends the command as interrupted on Ctrl-C', async (ask) => {
    const { input, output } = terminal();
    const answer = ask('Key:', { input, output });
    input.write('ab\u0003');
    await expect(answer).rejects.toMatchObject({ exitCode: 130 });
  });
});
