// A server on this machine that stands in for the Worker: it keeps what it is sent, answers as it
// is told, and shows the rows of its ledger to whoever has the token of local development.
import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface FakeAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** As GET /ops/api/event shows it (src/ledger/queries.ts), as far as a test cares. */
export interface FakeRow {
  readonly status: string;
  readonly attempts?: number;
  readonly lastError?: string | null;
  readonly refusalReason?: string | null;
  readonly dueAt?: number | null;
}

export interface FakeWorker extends AsyncDisposable {
  readonly url: string;
  /** The deliveries. */
  readonly received: readonly Received[];
}

/** How often the ledger has been asked, and for which event. */
export type Ledger = (id: string, asked: number) => FakeRow | undefined;

/** Under which id the Worker keeps a delivery. */
function idOf({ headers, body }: Received): string {
  const hash = createHash('sha256');
  try {
    const json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body));
    const id = json.event_id ?? json.id;
    return id ?? `sha256:${hash.update(`${headers['x-vastai-timestamp']}.`).update(body).digest('hex')}`;
  } catch {
    return `sha256:${hash.update(body).digest('hex')}`;
  }
}

/**
 * @param answer What to answer to a request, given it and how many came before.
 * @param ledger The row of an event that was delivered, if there is one yet.
 */
export async function fakeWorker(
  answer: (received: Received, index: number) => FakeAnswer | Promise<FakeAnswer>,
  ledger: Ledger = () => ({ status: 'processed', attempts: 1 }),
): Promise<FakeWorker> {
  const received: Received[] = [];
  let asked = 0;
  const rows = () => {
    asked += 1;
    return received.flatMap((each) => {
      const id = idOf(each);
      const row = ledger(id, asked);
      return row
        ? [{ id, type: 'any', receivedAt: Date.now(), endpoint: each.path.split('/')[3] ?? 'default', ...row }]
        : [];
    });
  };
  const ops = ({ path, headers }: Received): FakeAnswer => {
    if (headers.authorization !== `Basic ${btoa('vast:local-dev-token')}`) return { status: 401, body: {} };
    const { pathname, searchParams } = new URL(path, 'http://fake');
    // The list is without the time of the watchdog, as the real one is.
    const list = () => rows().map(({ dueAt: _, ...row }) => row);
    if (pathname === '/ops/api/events') return { status: 200, body: { events: list(), cursor: null } };
    const row = rows().find(({ id, endpoint }) => {
      return id === searchParams.get('id') && endpoint === searchParams.get('endpoint');
    });
    return row ? { status: 200, body: row } : { status: 404, body: { error: 'Not found' } };
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) };
    const { status, body } = one.path.startsWith('/ops') ? ops(one) : await answer(one, received.push(one) - 1);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
