// A server on this machine that stands in for the Worker: it keeps what it is sent and answers as
// it is told.
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

export interface FakeWorker extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
}

/** @param answer What to answer to a request, given it and how many came before. */
export async function fakeWorker(answer: (received: Received, index: number) => FakeAnswer): Promise<FakeWorker> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const delivery = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) };
    const { status, body } = answer(delivery, received.push(delivery) - 1);
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
