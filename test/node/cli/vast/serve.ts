// A local HTTP server for a test: a handler from Request to Response, on a free port, closed for
// good at the end. `Response.error()` cuts the connection.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export type Serve = (request: Request) => Promise<Response> | Response;

/** Never answers: the caller hangs until the server is closed. */
export const never = new Promise<never>(() => undefined);

/** Starts a server that is stopped when the test ends, and returns its origin. */
export async function serve(handle: Serve): Promise<string> {
  const server = createServer(async (incoming, outgoing) => {
    const response = await handle(await requestOf(incoming));
    if (response.type === 'error') {
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = 'GET' } = incoming;
  return new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method,
    headers: Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(method !== 'GET' && method !== 'HEAD' && { body: Buffer.concat(chunks) }),
  });
}
