// A Worker as the CLI sees it: the real signature and parse code over secret slots that a test's
// secret command writes to. A change takes effect only after a while, as on the real platform, and
// no queue stands behind it.

import { endpointAt, secretNamesOf } from '../../../../src/endpoint.ts';
import { parseEvent } from '../../../../src/event/parse.ts';
import { checkTimestamp, verifyDelivery } from '../../../../src/signature/verify.ts';
import type { Clock } from './clock.ts';
import { serve } from './serve.ts';

/** What a run of the secret command looked like from inside it. */
export interface CommandRun {
  readonly verb: string;
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface FakeWorker {
  readonly origin: string;
  /** The secrets as stored; the Worker reads them `lagMs` later. */
  readonly stored: Map<string, string>;
  readonly accepted: Set<string>;
  readonly quarantined: string[];
  readonly commands: CommandRun[];
  /** Milliseconds until a stored secret is live. */
  lagMs: number;
  opsToken: string | undefined;
  /** Whether accepted events reach the ledger. */
  consuming: boolean;
  /** In front of the Worker where set; what it does not answer reaches the Worker. */
  front: ((request: Request) => Response | undefined) | undefined;
  /**
   * Called for each run of the secret command, before and after it takes effect. May hang or throw.
   */
  onCommand: (run: CommandRun, when: 'before' | 'after') => Promise<void> | void;
  set(name: string, value: string): void;
}

export async function startFakeWorker(clock: Clock): Promise<FakeWorker> {
  let live: ReadonlyMap<string, string> = new Map();
  const pending: { readonly at: number; readonly state: ReadonlyMap<string, string> }[] = [];
  const changed = () => pending.push({ at: clock.now() + worker.lagMs, state: new Map(worker.stored) });
  const read = (name: string) => {
    while (pending[0] && pending[0].at <= clock.now()) live = pending.shift()?.state ?? live;
    return live.get(name);
  };

  const worker: FakeWorker = {
    origin: await serve(async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith('/_command/')) return command((await request.json()) as CommandRun & { value: string });
      const inFront = worker.front?.(request);
      if (inFront) return inFront;
      if (pathname === '/health') return health();
      if (pathname.startsWith('/ops/')) return ops(request, pathname);
      const endpoint = endpointAt(pathname);
      if (endpoint === undefined) return json(404, { error: 'Not found' });
      if (request.method !== 'POST') return json(405, { error: 'Method not allowed' });
      return receive(request, endpoint);
    }),
    stored: new Map(),
    accepted: new Set(),
    quarantined: [],
    commands: [],
    lagMs: 3_000,
    opsToken: undefined,
    consuming: true,
    front: undefined,
    onCommand: () => undefined,
    set: (name, value) => {
      worker.stored.set(name, value);
      live = new Map(worker.stored);
    },
  };
  return worker;

  async function command(run: CommandRun & { value: string }): Promise<Response> {
    const { value, ...shown } = run;
    worker.commands.push(shown);
    try {
      await worker.onCommand(shown, 'before');
    } catch (error) {
      return json(500, { error: String(error) });
    }
    if (run.verb === 'delete' && !worker.stored.has(run.name)) return json(500, { error: 'no such secret' });
    if (run.verb === 'put') worker.stored.set(run.name, value);
    if (run.verb === 'delete') worker.stored.delete(run.name);
    changed();
    await worker.onCommand(shown, 'after');
    return json(200, { names: [...worker.stored.keys()] });
  }

  function health(): Response {
    read('');
    const configured = [...live.keys()].some((name) => name.startsWith('VASTAI_WEBHOOK_SECRET'));
    return configured ? json(200, { status: 'ok' }) : json(503, { status: 'unconfigured' });
  }

  async function receive(request: Request, endpoint: string): Promise<Response> {
    const secrets = secretNamesOf(endpoint)
      .map(read)
      .filter((secret) => secret !== undefined);
    if (secrets.length === 0) return json(503, { error: 'Not configured' });
    const body = new Uint8Array(await request.arrayBuffer());
    const verified = await verifyDelivery(request.headers, body, secrets);
    if (!verified.ok) {
      const rotating = Number(read('VASTAI_ROTATION_UNTIL') ?? 0) > clock.now() / 1000;
      return rotating ? json(503, { error: 'Temporarily unavailable' }) : json(401, { error: 'Invalid signature' });
    }
    const parsed = parseEvent(verified.value, endpoint);
    const id = parsed.ok ? parsed.value.id : 'unreadable';
    if (!checkTimestamp(verified.value, Math.floor(clock.now() / 1000)).ok) {
      worker.quarantined.push(id);
      return json(401, { error: 'Timestamp outside tolerance' });
    }
    if (!parsed.ok) {
      worker.quarantined.push(id);
      return json(400, { error: 'Invalid event' });
    }
    const duplicate = worker.accepted.has(id);
    worker.accepted.add(id);
    return json(200, { received: true, ...(duplicate && { duplicate }) });
  }

  function ops(request: Request, pathname: string): Response {
    if (worker.opsToken === undefined) return json(404, { error: 'Not found' });
    const [, given = ''] = (request.headers.get('authorization') ?? '').split(' ');
    if (Buffer.from(given, 'base64').toString().split(':')[1] !== worker.opsToken) return json(401, {});
    const events = (worker.consuming ? [...worker.accepted] : [])
      .reverse()
      .map((id) => ({ id, type: 'webhook_test', status: 'processed', created: new Date(clock.now()).toISOString() }));
    if (pathname === '/ops/api/events') return json(200, { events, cursor: null });
    const { searchParams } = new URL(request.url);
    const event = events.find((one) => one.id === searchParams.get('id'));
    return event ? json(200, event) : json(404, { error: 'Not found' });
  }
}

function json(status: number, body: unknown): Response {
  return Response.json(body, { status });
}
