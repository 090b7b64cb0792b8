// How a test's parts reach each other: inside the process, with a latency on the test's clock, or
// over HTTP where the CLI is a process of its own.
import type { Clock } from './clock.ts';
import { type Serve, serve } from './serve.ts';

export interface Network {
  /** Puts a server on the network and returns its origin. */
  host(name: string, handle: Serve): Promise<string>;
  /** Another origin of a server: a public one. Only in process. */
  alias(origin: string, of: string): void;
  readonly fetch: typeof fetch;
}

/** One way, in milliseconds, in turn: what leaves first need not arrive first. */
const LATENCIES_MS = [20, 90, 35, 140];

/** What a server throws where a connection is to come to nothing. */
export class ConnectionLost extends TypeError {
  constructor() {
    super('fetch failed', { cause: Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }) });
  }
}

/** What it does not know, it fetches for real. */
export function createNetwork(clock: Clock): Network {
  const servers = new Map<string, Serve>();
  let sent = 0;
  return {
    host: async (name, handle) => {
      // Under `localhost`, as http is refused anywhere else.
      const origin = `http://${name}${servers.size}.localhost`;
      servers.set(origin, handle);
      return origin;
    },
    alias: (origin, of) => {
      const handle = servers.get(of);
      if (handle) servers.set(origin, handle);
    },
    fetch: async (input, init) => {
      const { origin } = new URL(input instanceof Request ? input.url : input);
      const handle = servers.get(origin);
      if (!handle) return fetch(input, init);
      sent += 1;
      const latency = LATENCIES_MS[sent % LATENCIES_MS.length] ?? 0;
      const answered = (async () => {
        const request = requestOf(input, init);
        await clock.sleep(latency);
        const response = await handle(request);
        await clock.sleep(latency);
        return response;
      })();
      return init?.signal ? Promise.race([answered, abortedBy(init.signal)]) : answered;
    },
  };
}

/** Over HTTP on this machine. */
export const loopback: Network = { host: (_name, handle) => serve(handle), alias: () => undefined, fetch };

/** A body of known length declares it, as over the wire. */
function requestOf(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Request {
  const { body, signal: _, ...rest } = init;
  const request = new Request(input, { ...rest, ...(body != null && { body }) });
  if (typeof body === 'string') request.headers.set('content-length', String(Buffer.byteLength(body)));
  if (body instanceof Uint8Array) request.headers.set('content-length', String(body.byteLength));
  return request;
}

function abortedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
