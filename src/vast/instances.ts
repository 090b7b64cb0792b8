// Reads the account's instances from Vast.ai's API: exactly the columns named here. A row holds
// secrets beside them (`jupyter_token`, `extra_env`, `onstart`, …): none is asked for, and one that
// comes all the same is dropped before anybody sees it.
import * as v from 'valibot';
import type { Secrets } from '../env.ts';
import { fail, type Result, succeed } from '../result.ts';
import { secureUrl } from '../this-machine.ts';
import { type ApiClientOptions, createApiClient, DEFAULT_API_URL, KEY_SHAPE } from './api-client.ts';
import type { ApiFailure } from './api-failure.ts';
import { oneLine } from './harmless.ts';

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
/** A number arrives as text, too. As epoch seconds it is a time that a date can be. */
const numeric = v.pipe(
  v.unknown(),
  v.transform((value) => (typeof value === 'string' && NUMBER.test(value) ? Number(value) : value)),
  v.number(),
  v.minValue(-1e12),
  v.maxValue(1e12),
);
/** A flag arrives as 0 or 1, too. */
const flag = v.pipe(
  v.unknown(),
  v.transform((value) => (value === 0 || value === 1 ? value === 1 : value)),
  v.boolean(),
);
const line = v.pipe(v.string(), v.transform(oneLine));
/** What cannot be read is unknown: one odd column must not hide an instance. */
const orNull = <Output>(schema: v.GenericSchema<unknown, Output>) => v.fallback(v.nullable(schema), null);

/** By Vast.ai's names for them, which are what `select_cols` asks for. */
const instanceSchema = v.object({
  id: v.pipe(numeric, v.safeInteger(), v.minValue(1)),
  machine_id: orNull(numeric),
  label: orNull(line),
  gpu_name: orNull(line),
  num_gpus: orNull(numeric),
  /** In percent. */
  gpu_util: orNull(numeric),
  /** Whether it is interruptible. */
  is_bid: orNull(flag),
  /** Dollars per hour: all of it, and the part for storage, which a stopped one goes on paying. */
  dph_total: orNull(numeric),
  storage_total_cost: orNull(numeric),
  /** `running`, `stopped`, …, and what is yet to be invented; null while it is provisioned. */
  intended_status: orNull(line),
  actual_status: orNull(line),
  /** The provider's own words, which may be out of date. */
  status_msg: orNull(line),
  /** Epoch seconds. */
  start_date: orNull(numeric),
  end_date: orNull(numeric),
});

export type Instance = v.InferOutput<typeof instanceSchema>;

const pageSchema = v.object({
  instances: v.array(instanceSchema),
  /** How many match, on all pages together. */
  total_instances: v.pipe(numeric, v.minValue(0)),
  next_token: v.nullish(v.string()),
});

/** Instances by id, complete unless `stopped`: then there are more, with greater ids. */
export interface InstanceList {
  readonly instances: readonly Instance[];
  readonly total: number;
  readonly stopped: boolean;
}

export type ReadFailure = ApiFailure | { readonly kind: 'partial' };

export interface ReadOptions {
  /** How many to read at most, in whole pages. */
  readonly limit: number;
  /** Only these; those that are gone are not in the list. */
  readonly ids?: readonly number[];
}

export type ReadInstances = (options: ReadOptions) => Promise<Result<InstanceList, ReadFailure>>;

/** Vast.ai's largest page, and the interval it wants between two calls (1 s), with a margin. */
const PAGE_SIZE = 25;
const INTERVAL_MS = 1_100;
/** A clock that jumps back must not hold a call up for as long. */
const LONGEST_WAIT_MS = 30_000;
const COLUMNS = Object.keys(instanceSchema.entries);

export type InstancesOptions = Partial<Omit<ApiClientOptions, 'base' | 'key'>>;

type KeyEnv = Pick<Secrets, 'VAST_READ_KEY' | 'VAST_API_URL'>;

/**
 * The reader that the Worker's key allows; undefined without a key, or with an address that it
 * must not be sent to. Keep the reader: it keeps the interval. It never throws.
 */
export function openInstances(
  { VAST_READ_KEY, VAST_API_URL }: KeyEnv,
  options: InstancesOptions = {},
): ReadInstances | undefined {
  const base = secureUrl(VAST_API_URL || DEFAULT_API_URL);
  const key = VAST_READ_KEY?.trim() ?? '';
  if (base === undefined || !KEY_SHAPE.test(key)) return undefined;

  const now = options.now ?? Date.now;
  const sleep = options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  const call = createApiClient({ fetch: (input, init) => fetch(input, init), ...options, base, key, now, sleep });
  /** When the next call may go out. Times, not promises: one isolate's requests share a reader. */
  let free = 0;

  return async ({ limit, ids }) => {
    const found = new Map<number, Instance>();
    const filters = ids && { select_filters: { id: { in: ids } } };
    let least = Number.POSITIVE_INFINITY;
    for (let after: string | null | undefined; ; ) {
      const page = await askPage({ ...filters, ...(after && { after_token: after }) });
      if (!page.ok) return page;
      const known = found.size;
      for (const instance of page.value.instances) found.set(instance.id, instance);
      // Instances come and go while the pages are read: the least that were there must be found.
      least = Math.min(least, page.value.total_instances);
      after = page.value.next_token;
      const stopped = Boolean(after) && found.size >= limit;
      if (!stopped && (after ? found.size === known : found.size < least)) return fail({ kind: 'partial' });
      if (stopped || !after) {
        const instances = [...found.values()].sort((one, other) => one.id - other.id);
        return succeed({ instances, total: Math.max(page.value.total_instances, found.size), stopped });
      }
    }
  };

  async function askPage(parameters: object): Promise<Result<v.InferOutput<typeof pageSchema>, ApiFailure>> {
    const at = Math.min(Math.max(now(), free), now() + LONGEST_WAIT_MS);
    free = at + INTERVAL_MS;
    if (at > now()) await sleep(at - now());
    const query = new URLSearchParams();
    const all = { limit: PAGE_SIZE, select_cols: COLUMNS, order_by: [{ col: 'id', dir: 'asc' }], ...parameters };
    for (const [name, value] of Object.entries(all)) {
      query.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    }
    const answer = await call('GET', `/api/v1/instances/?${query}`);
    if (!answer.ok) return answer;
    const page = v.safeParse(pageSchema, answer.value);
    // Issue texts would quote the answer: the kind is enough.
    return page.success ? succeed(page.output) : fail({ kind: 'malformed', status: 200 });
  }
}
