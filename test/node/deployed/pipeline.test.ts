// The Worker as it would be deployed, but for its handlers, bundled and run by wrangler, against a
// sender that shares no code with it.
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type LocalWorker, type LogLine, startLocalWorker } from '../../../src/cli/local-worker.ts';
import { ownHandlers } from '../../own-handlers.ts';

const SECRET = 'deployed-test-secret';

let worker: LocalWorker;
beforeAll(async () => {
  worker = await startLocalWorker({
    secrets: { VASTAI_WEBHOOK_SECRET: SECRET },
    change: () => ({ alias: ownHandlers }),
  });
});
afterAll(() => worker.close());

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

function linesOf(id: string): LogLine[] {
  return worker.log().filter((line) => line.id === id);
}

describe.each(dialects)('a delivery in the $name dialect', ({ name, body, headers }) => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const sign = (text: string) => createHmac('sha256', SECRET).update(`${timestamp}.${text}`).digest('hex');
  const post = (text: string, mac: string) =>
    worker.server.fetch('/webhooks/vastai', { method: 'POST', headers: headers(timestamp, mac), body: text });

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
