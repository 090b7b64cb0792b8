// The Worker as it would be deployed, but for its handlers, bundled and run by wrangler, against a
// sender that shares no code with it.
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTestHarness } from 'wrangler';
import { configWithOwnHandlers } from '../../own-handlers.ts';

const SECRET = 'deployed-test-secret';

const root = mkdtempSync(join(tmpdir(), 'vastai-deployed-'));
const server = createTestHarness({
  root,
  workers: [{ configPath: await configWithOwnHandlers(root), secrets: { VASTAI_WEBHOOK_SECRET: SECRET } }],
});
beforeAll(async () => {
  await server.listen();
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const dialects = [
  {
    name: 'notification',
    body: (id: string) => JSON.stringify({ event_id: id, notif_type: 'outbid', subject: 's', message: 'Größe 🚀' }),
    headers: (timestamp: string, mac: string) => ({
      'X-Vast-Signature-256': `sha256=${mac}`,
      'X-Vast-Timestamp': timestamp,
    }),
  },
  {
    name: 'resource',
    body: (id: string) => JSON.stringify({ id, type: 'resource.created', data: { gpu: 'RTX 4090' }, created: 'now' }),
    headers: (timestamp: string, mac: string) => ({ 'x-vastai-signature': mac, 'x-vastai-timestamp': timestamp }),
  },
];

function linesOf(id: string): Record<string, unknown>[] {
  return server
    .getLogs()
    .filter(({ message }) => message.startsWith('{"event"'))
    .map(({ message }) => JSON.parse(message) as Record<string, unknown>)
    .filter((line) => line.id === id);
}

describe.each(dialects)('a delivery in the $name dialect', ({ name, body, headers }) => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const sign = (text: string) => createHmac('sha256', SECRET).update(`${timestamp}.${text}`).digest('hex');
  const post = (text: string, mac: string) =>
    server.fetch('/webhooks/vastai', { method: 'POST', headers: headers(timestamp, mac), body: text });

  test('is accepted, and its handler runs', async () => {
    const id = `deployed-${name}`;
    const response = await post(body(id), sign(body(id)));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ received: true });
    await vi.waitUntil(() => linesOf(id).some((line) => line.event === 'event.processed'), { timeout: 120_000 });
  });

  test('is refused with one byte of its body changed', async () => {
    const id = `changed-${name}`;
    const response = await post(body(id).replace('changed-', 'chanGed-'), sign(body(id)));
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: 'Invalid signature' });
  });

  test('is a duplicate when it comes again', async () => {
    const id = `again-${name}`;
    expect((await post(body(id), sign(body(id)))).status).toBe(200);
    await vi.waitUntil(
      async () => {
        const response = await post(body(id), sign(body(id)));
        return ((await response.json()) as { duplicate?: boolean }).duplicate === true;
      },
      { timeout: 120_000 },
    );
  });
});
