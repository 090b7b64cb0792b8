// The Worker as it ships, its real routes over strict bindings, in three isolates at different
// places: a secret that `wrangler secret put` has stored reaches one after the other. The ledger
// behind its queue is played: what was queued counts as processed.
import { app } from '../../../../src/app.ts';
import type { Env } from '../../../../src/env.ts';
import { decodeMessage } from '../../../../src/queue/message.ts';
import { StrictKv } from '../../../platform/strict-kv.ts';
import { StrictQueue } from '../../../platform/strict-queue.ts';
import type { Clock } from './clock.ts';
import type { Network } from './network.ts';
import { PROVIDER_USER_AGENT } from './provider-deliveries.ts';
import { collectLog } from './worker-log.ts';

/** What a run of the secret command looked like from inside it. */
export interface CommandRun {
  readonly verb: string;
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface LedgerRow {
  readonly id: string;
  readonly endpoint: string;
  readonly type: string;
  readonly status: string;
  readonly receivedAt: number;
}

export interface FakeWorker {
  readonly origin: string;
  /** The same Worker under a domain of its own. */
  readonly customDomain: string;
  /** The secrets as stored; the Worker reads them `lagMs` later. */
  readonly stored: Map<string, string>;
  readonly accepted: Set<string>;
  /** What its ledger shows, the latest first. */
  readonly ledger: LedgerRow[];
  readonly quarantined: string[];
  readonly commands: CommandRun[];
  /** The Worker's log lines. */
  readonly log: readonly string[];
  /**
   * Milliseconds until a stored secret is live where the operator is, and twice that until it is
   * live everywhere. How long Cloudflare takes is a [guess]: "a few seconds".
   */
  lagMs: number;
  opsToken: string | undefined;
  /** Whether accepted events reach the ledger. */
  consuming: boolean;
  /**
   * In front of the Worker where set; what it does not answer reaches the Worker. Where it throws
   * `ConnectionLost`, the connection is lost.
   */
  front: ((request: Request) => Promise<Response | undefined> | Response | undefined) | undefined;
  /**
   * Called for each run of the secret command, before and after it takes effect. May hang or throw.
   */
  onCommand: (run: CommandRun, when: 'before' | 'after') => Promise<void> | void;
  /** An event that the ledger has had since `at`. */
  happened(type: string, at: number): void;
  /** Live everywhere at once. */
  set(name: string, value: string): void;
}

type SecretSet = Readonly<Record<string, string>>;

/** After how much more than `lagMs` each isolate knows a change; the first is near the operator. */
const FURTHER_LAGS = [0, 0.5, 1];

/** How long one run of wrangler takes, in milliseconds, before and after its effect [guess]. */
const WRANGLER_MS = 1_000;

export async function startFakeWorker(clock: Clock, network: Network): Promise<FakeWorker> {
  /** Each `secret put` makes a version with all secrets, which takes a while to be everywhere. */
  const versions: { readonly at: number; readonly lagMs: number; readonly secrets: SecretSet }[] = [];
  const change = (lagMs: number) =>
    versions.push({ at: clock.now(), lagMs, secrets: Object.fromEntries(worker.stored) });

  const kv = new StrictKv();
  const [events, deadLetters] = [new StrictQueue(), new StrictQueue()];
  const isolates = FURTHER_LAGS.map((further) => {
    kv.forgetIsolate();
    return { further, seen: kv.binding };
  });
  let delivered = 0;

  const worker: FakeWorker = {
    origin: await network.host('worker', answer),
    customDomain: await network.host('custom', answer),
    stored: new Map(),
    accepted: new Set(),
    ledger: [],
    quarantined: [],
    commands: [],
    log: collectLog(),
    lagMs: 3_000,
    opsToken: undefined,
    consuming: true,
    front: undefined,
    onCommand: () => undefined,
    happened: (type, receivedAt) => {
      worker.ledger.push({ id: `${type}-${receivedAt}`, endpoint: 'default', type, status: 'processed', receivedAt });
    },
    set: (name, value) => {
      worker.stored.set(name, value);
      change(0);
    },
  };
  return worker;

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/_command/')) return command((await request.json()) as CommandRun & { value: string });
    const inFront = await worker.front?.(request);
    if (inFront) return inFront;
    if (pathname.startsWith('/ops/')) return ops(request, pathname);
    return serveAt(isolateFor(request), request);
  }

  /** The operator always meets the nearest place, Vast.ai each in turn. */
  function isolateFor(request: Request): (typeof isolates)[number] {
    const fromProvider = request.headers.get('user-agent') === PROVIDER_USER_AGENT;
    if (fromProvider) delivered += 1;
    const isolate = isolates[fromProvider ? delivered % isolates.length : 0];
    if (!isolate) throw new Error('there are isolates');
    return isolate;
  }

  async function serveAt({ further, seen }: (typeof isolates)[number], request: Request): Promise<Response> {
    const known = versions.findLast(({ at, lagMs }) => at + lagMs * (1 + further) <= clock.now());
    const bindings = { SEEN: seen, EVENTS: events.binding, DEAD_LETTERS: deadLetters.binding };
    const left: Promise<unknown>[] = [];
    const context = { waitUntil: (work: Promise<unknown>) => left.push(work) } as unknown as ExecutionContext;
    const response = await app.fetch(request, { ...known?.secrets, ...bindings } as unknown as Env, context);
    await Promise.all(left);
    for (const message of messagesIn(events)) {
      if (message.kind !== 'event') continue;
      const { id, endpoint, type } = message.event;
      worker.accepted.add(id);
      if (worker.consuming) worker.ledger.unshift({ id, endpoint, type, status: 'processed', receivedAt: clock.now() });
    }
    worker.quarantined.push(...messagesIn(deadLetters).map((one) => (one.kind === 'event' ? one.event.id : one.id)));
    // The platform adds it, and it comes from the platform's clock.
    response.headers.set('Date', new Date(clock.now()).toUTCString());
    return response;
  }

  /** One run of the secret command, with what it prints: in the words of a careless one. */
  async function command({ value, ...run }: CommandRun & { value: string }): Promise<Response> {
    const { verb, name } = run;
    worker.commands.push(run);
    const ended = (code: number, stdout: string, stderr = '') => Response.json({ code, stdout, stderr });
    try {
      await worker.onCommand(run, 'before');
    } catch (error) {
      return ended(1, `${verb} ${name} ${value}\n`, `failed with ${value}: ${error}\n`);
    }
    await clock.sleep(WRANGLER_MS);
    if (verb === 'delete' && !worker.stored.has(name)) return ended(1, '', 'no such secret\n');
    if (verb === 'put') worker.stored.set(name, value);
    if (verb === 'delete') worker.stored.delete(name);
    if (verb !== 'list') change(worker.lagMs);
    await worker.onCommand(run, 'after');
    await clock.sleep(WRANGLER_MS);
    const names = [...worker.stored.keys()].map((each) => ({ name: each, type: 'secret_text' }));
    return ended(0, `${verb} ${name} ${value}\n${verb === 'list' ? JSON.stringify(names) : ''}\n`);
  }

  function ops(request: Request, pathname: string): Response {
    if (worker.opsToken === undefined) return json(404, { error: 'Not found' });
    const [, given = ''] = (request.headers.get('authorization') ?? '').split(' ');
    if (Buffer.from(given, 'base64').toString().split(':')[1] !== worker.opsToken) return json(401, {});
    if (pathname === '/ops/api/events') return json(200, { events: worker.ledger, cursor: null });
    const { searchParams } = new URL(request.url);
    const [id, endpoint] = [searchParams.get('id'), searchParams.get('endpoint')];
    const event = worker.ledger.find((one) => one.id === id && one.endpoint === endpoint);
    return event ? json(200, event) : json(404, { error: 'Not found' });
  }
}

/**
 * A zone's bot protection as Vast.ai's users have met it [live]: Vast.ai is refused with 403, and
 * whoever looks from his own machine sees nothing of it. Put it in `front`.
 */
export function botProtection(request: Request): Response | undefined {
  if (request.headers.get('user-agent') !== PROVIDER_USER_AGENT) return undefined;
  return new Response('<title>Attention Required! | Cloudflare</title>', { status: 403 });
}

function messagesIn(queue: StrictQueue) {
  return queue.drain().map((text) => {
    const message = decodeMessage(text);
    if (!message.ok) throw new Error(`queued what nobody can read: ${message.failure}`);
    return message.value;
  });
}

function json(status: number, body: unknown): Response {
  return Response.json(body, { status });
}
