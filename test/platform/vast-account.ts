// Vast.ai's REST side as `instance_read` sees it: one account's instances, page by page, with the
// interval, the lag and the errors that others have met. State changes take their time: what a
// list shows is what has happened by then.
//
// Each part says how sure it is: [doc] Vast.ai's documentation, [spec] its unreleased API
// descriptions, [live] captured from the real service, [guess] ours alone.

export const READ_KEY = 'vast-read-key-0123456789abcdef';

/** What stands in every row beside the columns that we read [live]; nobody may find it anywhere. */
export const ROW_SECRETS = {
  jupyter_token: 'jupyter-token-that-nobody-may-see',
  extra_env: [['HF_TOKEN', 'extra-env-that-nobody-may-see']],
  onstart: 'echo onstart-that-nobody-may-see',
  image_args: '--password image-args-that-nobody-may-see',
  ssh_host: 'ssh-host-that-nobody-may-see.vast.ai',
  ssh_port: 22022,
  public_ipaddr: '203.0.113.77',
};

/** A row's own columns, by Vast.ai's names. Values may be of any type: the API's are, too. */
export interface Row {
  readonly id: number;
  [column: string]: unknown;
}

/** [doc] At most 25 a page; a limit of 0 or less means 5. One call a second. */
const PAGE = 25;
const MIN_INTERVAL_MS = 1_000;
/** [live] Of an outbid: the intended state follows within 1.4 s, the actual one in 10 to 30 s. */
export const OUTBID_INTENDED_MS = 1_400;
export const OUTBID_ACTUAL_MS = 30_000;
/** [doc] Columns that are computed cannot be filtered by. */
const NOT_STORED = ['dph_total', 'num_gpus'];

export type Fault =
  /** This status and a JSON error; 410 is the older route's for young accounts [spec]. */
  | 500
  | 502
  | 401
  | 403
  | 404
  | 410
  /** Plain text, without Retry-After [doc]. */
  | 429
  /** 200, `success: false` [spec]. */
  | 'unsuccessful'
  /** The body ends in the middle [guess]. */
  | 'cut'
  /** Half of the rows, and no token: `total_instances` tells [guess]. */
  | 'half'
  /** No rows, and a total of none; by their ids the instances are found all the same [guess]. */
  | 'empty'
  /** The same, and not by their ids either [guess]. */
  | 'gone'
  /** The first row is missing, and not counted; by its id the instance is found [guess]. */
  | 'short'
  /** No rows, though the total says otherwise [guess]. */
  | 'empty_page'
  /** A row that lacks its id [guess]. */
  | 'no_id'
  /** The same token for ever [guess]. */
  | 'circle'
  | 'web_page'
  | 'no_answer';

export class VastAccount {
  readonly #rows = new Map<number, Row>();
  #changes: { at: number; apply: () => void }[] = [];
  #lastCallAt = Number.NEGATIVE_INFINITY;
  #lastId = 48_000_000;
  readonly #now: () => number;
  /** Calls that came to an answer or a fault, by path. */
  readonly calls: string[] = [];
  /** For the next calls, one each. `null`: none. */
  readonly faults: (Fault | null)[] = [];
  /** For all calls until it is taken away. */
  fault: Fault | undefined;
  /** Called when Vast.ai would send a webhook: of this type, about this instance. */
  onWebhook: (type: string, row: Row) => void = () => {};
  /** How long an outbid takes to show [live: up to 1.4 s]. */
  outbidLagMs = OUTBID_INTENDED_MS;
  /** Whether the key may read more than instances. */
  broadKey = false as boolean;
  /** [guess] An API that answers with whole rows, whatever it is asked for. */
  sendsWholeRows = false as boolean;
  /** Off where a test has no time to wait. */
  keepsInterval = true as boolean;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#rows.size;
  }

  row(id: number): Row | undefined {
    return this.#rows.get(id);
  }

  /** A running instance, unless `columns` say otherwise. */
  add(columns: Partial<Row> = {}): number {
    this.#lastId = Math.max(columns.id ?? this.#lastId + 1, this.#lastId);
    const id = columns.id ?? this.#lastId;
    this.#rows.set(id, {
      ...{ ...ROW_SECRETS, machine_id: 40_000 + (id % 1_000), host_id: 7, label: null, is_bid: false },
      ...{ actual_status: 'running', intended_status: 'running', cur_state: 'running', next_state: 'running' },
      ...{ status_msg: 'success, running vastai/pytorch:2.6.0', start_date: this.#now() / 1000, end_date: null },
      ...{
        num_gpus: 1,
        gpu_name: 'RTX 4090',
        gpu_util: 97.5,
        dph_base: 0.31,
        dph_total: 0.35,
        storage_total_cost: 0.04,
      },
      ...columns,
      id,
    });
    return id;
  }

  set(id: number, columns: Record<string, unknown>): void {
    const row = this.#rows.get(id);
    if (row) Object.assign(row, columns);
  }

  /** Stopped by its owner, which Vast.ai tells by webhook or does not [live]. */
  stop(id: number, told = true): void {
    this.set(id, { intended_status: 'stopped', cur_state: 'stopped', actual_status: 'exited' });
    if (told) this.#tell('instance_stopped', id);
  }

  /** The webhook comes first, then the stop; the text goes on saying that all is well [live]. */
  outbid(id: number, told = true): void {
    if (told) this.#tell('outbid', id);
    this.#in(this.outbidLagMs, () => this.set(id, { intended_status: 'stopped', cur_state: 'stopped' }));
    this.#in(OUTBID_ACTUAL_MS, () => this.set(id, { actual_status: 'exited' }));
  }

  /** Comes back by itself after an outbid [live], or is started by its owner. */
  resume(id: number, told = true): void {
    this.set(id, { intended_status: 'running', cur_state: 'running', actual_status: 'loading' });
    this.#in(20_000, () => this.run(id, told ? 'instance_resumed' : undefined));
  }

  /** Created, loading, running. */
  rent(columns: Partial<Row> = {}, told = true): number {
    const id = this.add({ actual_status: null, ...columns });
    if (told) this.#tell('instance_created', id);
    this.#in(5_000, () => this.set(id, { actual_status: 'loading' }));
    this.#in(60_000, () => this.run(id, told ? 'instance_started' : undefined));
    return id;
  }

  run(id: number, webhook?: string): void {
    this.set(id, { actual_status: 'running' });
    if (webhook) this.#tell(webhook, id);
  }

  offline(id: number, told = true): void {
    this.set(id, { actual_status: 'offline' });
    if (told) this.#tell('instance_offline', id);
  }

  online(id: number, told = true): void {
    this.set(id, { actual_status: 'running' });
    if (told) this.#tell('instance_online', id);
  }

  destroy(id: number, told = true): void {
    if (told) this.#tell('instance_deleted', id);
    this.#rows.delete(id);
  }

  #tell(type: string, id: number): void {
    const row = this.#rows.get(id);
    if (row) this.onWebhook(type, row);
  }

  #in(ms: number, apply: () => void): void {
    this.#changes.push({ at: this.#now() + ms, apply });
  }

  /** Lets what is due by now take effect; webhooks that belong to it are told then. */
  catchUp(): void {
    const due = this.#changes.filter(({ at }) => at <= this.#now()).sort((one, other) => one.at - other.at);
    this.#changes = this.#changes.filter(({ at }) => at > this.#now());
    for (const { apply } of due) apply();
  }

  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    this.catchUp();
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (request.method !== 'GET') return refusal(403, 'forbidden', 'Missing permission');
    // [guess] A call that was too fast does not count as the last one.
    const tooFast = this.keepsInterval && this.#now() - this.#lastCallAt < MIN_INTERVAL_MS;
    if (tooFast) return tooManyRequests();
    this.#lastCallAt = this.#now();
    this.calls.push(url.pathname);
    if (request.headers.get('authorization') !== `Bearer ${READ_KEY}`) {
      return refusal(401, 'auth_error', 'Invalid API key');
    }
    if (/^\/api\/v0\/users\/\d+\/notification-prefs\/$/.test(url.pathname)) {
      if (!this.broadKey) return refusal(403, 'forbidden', 'Missing permission');
      return Response.json({ success: true, notification_preferences: {} });
    }
    if (url.pathname === '/api/v0/instances/') return refusal(410, 'gone', 'Use /api/v1/instances/');
    const [, id] = /^\/api\/v0\/instances\/(\d+)\/$/.exec(url.pathname) ?? [];
    // [spec, code] An object under a plural name; null when it is gone.
    if (id !== undefined) return Response.json({ instances: this.#rows.get(Number(id)) ?? null });
    if (url.pathname !== '/api/v1/instances/') return refusal(404, 'not_found', 'No such route');
    return this.#list(url.searchParams, this.faults.shift() ?? this.fault);
  };

  #list(query: URLSearchParams, fault: Fault | undefined): Response {
    if (fault === 429) return tooManyRequests();
    if (typeof fault === 'number') return refusal(fault, 'server_error', 'Something went wrong');
    if (fault === 'no_answer') throw new TypeError('fetch failed');
    if (fault === 'web_page') return new Response('<!doctype html><title>Maintenance</title>');
    if (fault === 'unsuccessful') return Response.json({ success: false, error: 'busy', msg: 'Try again later' });
    if (fault === 'gone' || (fault === 'empty' && !query.has('select_filters')))
      return Response.json(listOf([], 0, null));

    const asked = this.#select(query);
    if (asked === undefined) return refusal(400, 'invalid_args', 'Invalid query');
    const { page, total, last } = asked;
    const token = last === undefined ? null : tokenAfter(last);
    if (fault === 'empty_page') return Response.json(listOf([], total, null));
    if (fault === 'short' && !query.has('select_filters'))
      return Response.json(listOf(page.slice(1), total - 1, token));
    if (fault === 'half') return Response.json(listOf(page.slice(0, Math.floor(page.length / 2)), total, null));
    if (fault === 'no_id') return Response.json(listOf([...page.slice(1), { ...page[0], id: null }], total, token));
    if (fault === 'circle') return Response.json(listOf(page, total, query.get('after_token') ?? tokenAfter(0)));
    const text = JSON.stringify(listOf(page, total, token));
    const body = fault === 'cut' ? text.slice(0, text.length / 2) : text;
    return new Response(body, { headers: { 'Content-Type': 'application/json' } });
  }

  /** The rows of a page, by id; undefined where the question is none that the API takes. */
  #select(query: URLSearchParams) {
    try {
      const filters = JSON.parse(query.get('select_filters') ?? '{}') as Record<string, Record<string, unknown>>;
      if (Object.keys(filters).some((column) => NOT_STORED.includes(column))) return undefined;
      const order = JSON.parse(query.get('order_by') ?? '[]') as { col: string; dir: string }[];
      if (order.some(({ col, dir }) => col !== 'id' || dir !== 'asc')) throw new Error('the stand-in cannot sort so');
      const token = query.get('after_token');
      const after = token === null ? 0 : Number(/^after-(\d+)$/.exec(atob(token))?.[1] ?? Number.NaN);
      const columns = query.has('select_cols') ? (JSON.parse(query.get('select_cols') ?? '') as string[]) : undefined;
      if (Number.isNaN(after) || !Array.isArray(columns ?? [])) return undefined;
      const limit = Number(query.get('limit') ?? PAGE);
      const matching = [...this.#rows.values()]
        .filter((row) => Object.entries(filters).every(([column, filter]) => matches(row[column], filter)))
        .sort((one, other) => one.id - other.id);
      const rest = matching.filter((row) => row.id > after);
      const page = rest.slice(0, limit <= 0 ? 5 : Math.min(limit, PAGE));
      // [doc] A column of an unknown name comes back null.
      const chosen = page.map((row) => {
        return columns && !this.sendsWholeRows
          ? Object.fromEntries(columns.map((name) => [name, row[name] ?? null]))
          : row;
      });
      return { page: chosen, total: matching.length, last: rest.length > page.length ? page.at(-1)?.id : undefined };
    } catch {
      return undefined;
    }
  }
}

function listOf(instances: readonly object[], total: number, next: string | null) {
  const counts = { instances_found: instances.length, total_instances: total, label_counts: {} };
  return { success: true, ...counts, next_token: next, instances };
}

const tokenAfter = (id: number) => btoa(`after-${id}`);

function matches(value: unknown, filter: Record<string, unknown>): boolean {
  return Object.entries(filter).every(([operator, wanted]) => {
    if (operator === 'eq') return value === wanted;
    if (operator === 'in') return (wanted as unknown[]).includes(value);
    throw new Error(`the stand-in does not know the operator ${operator}`);
  });
}

function refusal(status: number, error: string, msg: string): Response {
  return Response.json({ success: false, error, msg }, { status });
}

/** [doc] Plain text, without Retry-After; the text is a [guess]. */
const tooManyRequests = () => new Response('API requests too frequent', { status: 429 });
