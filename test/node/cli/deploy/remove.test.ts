// "Remove everything" of the front page, command by command with the real wrangler, and what is
// left in the end. Seven runs of wrangler, so only with `DEPLOY_FAULTS=all` (src/cli/README.md).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../../../src/cli/project-root.ts';
import { runScript } from '../run-command.ts';
import { startCloudflare } from './cloudflare.ts';
import type { CloudflareAccount } from './cloudflare-account.ts';

const WRANGLER = 'node_modules/wrangler/bin/wrangler.js';
const README = readFileSync(join(projectRoot, 'README.md'), 'utf8');

/** An account as a deploy and `register` leave it. */
function fill(account: CloudflareAccount): void {
  const namespace_id = account.createNamespace('vastai-webhooks-seen');
  account.upload('vastai-webhooks', { bindings: [{ type: 'kv_namespace', name: 'SEEN', namespace_id }] });
  account.putSecret('vastai-webhooks', 'VASTAI_WEBHOOK_SECRET');
  for (const name of ['vastai-events', 'vastai-dead-letters']) {
    account.consume(account.createQueue(name).queue_id, { script: 'vastai-webhooks', settings: {} });
  }
}

it.runIf(process.env.DEPLOY_FAULTS === 'all')('leaves nothing', async () => {
  const cloudflare = await startCloudflare();
  const { account, environment } = cloudflare;
  fill(account);
  const [, block = ''] = /## Remove everything.*?```sh\n(.*?)```/s.exec(README) ?? [];
  const commands = block.split('\n').filter((line) => line.startsWith('npx wrangler '));
  expect(commands).toHaveLength(6);
  expect((await runScript([WRANGLER, 'delete', '--force'], environment)).code, 'it has consumers').not.toBe(0);

  for (const command of commands) {
    const { code, stderr } = await runScript([WRANGLER, ...command.split(' ').slice(2)], environment);
    console.log(`${command}: ${code}`);
    expect({ command, code, stderr }).toMatchObject({ command, code: 0 });
    const left = [account.scripts.size, account.queues.length, account.namespaces.size];
    if (command.endsWith(' delete')) expect(left, 'what wrangler delete leaves').toEqual([0, 2, 1]);
  }
  const { namespaces, queues, scripts } = account;
  expect({ namespaces, queues, scripts }).toEqual({ namespaces: new Map(), queues: [], scripts: new Map() });
  expect(cloudflare.unknown).toEqual([]);
});
