// Reads the account's instances from Vast.ai's API: exactly the columns named here. A row holds
// secrets beside them (`jupyter_token`, `extra_env`, `onstart`, …): none is asked for, and one that
// comes all the same is dropped before anybody sees it.
import * as v from 'valibot';
import type { Secrets } from '../env.ts';
import { fail, type Result, succeed } from '../result.ts';
import { secureUrl } from '../this-machine.ts';
import { type ApiClientOptions, check, createApiClient, DEFAULT_API_URL, KEY_SHAPE } from './api-client.ts';
import type { ApiFailure } from './api-failure.ts';
import { oneLine } from './harmless.ts';

/** A number arrives as text, too: decimal, and not empty. */
function number(value: unknown): number | null {
  const read = typeof value === 'string' && /^[-+.e\d]+$/i.test(value) ? Number(value) : value;
  return typeof read === 'number' && Math.abs(read) <= 1e12 ? read : null;
}

/** Epoch seconds that a date can be; 0 stands for none. */
function time(value: unknown): number | null {
  const seconds = number(value);
  return seconds !== null && seconds > 0 ? seconds : null;
}

/** A flag arrives as 0 or 1, too. */
function flag(value: unknown): boolean | null {
  if (value === 0 || value === 1) return value === 1;
  return typeof value === 'boolean' ? value : null;
}

function line(value: unknown): string | null {
  return typeof value === 'string' ? oneLine(value) : null;
}

/** What cannot be read is null: one odd column must not hide an instance. */
const column = <Value>(read: (value: unknown) => Value | null) =>
  v.pipe(v.nullish(v.unknown(), null), v.transform(read));

/** What nothing works without. */
const whole = (least: number) =>
  v.custom<number>((value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= least);

/** By Vast.ai's names for them, which are what `select_cols` asks for. */
const instanceSchema = v.object({
  id: v.pipe(column(number), whole(1)),
  machine_id: column(number),
  label: column(line),
  gpu_name: column(line),
  num_gpus: column(number),
  /** In percent. */
  gpu_util: column(number),
  /** Whether it is interruptible. */
  is_bid: column(flag),
  /** Dollars per hour: all of it, and the part for storage, which a stopped one goes on paying. */
  dph_total: column(number),
  storage_total_cost: column(number),
  /** `running`, `stopped`, …, and what is yet to be invented; null while it is provisioned. */
  intended_status: column(line),
  actual_status: column(line),
  /** The provider's own words, which may be out of date. */
  status_msg: column(line),
  /** Epoch seconds. */
  start_date: column(time),
  end_date: column(time),
  /** Minutes since it was last started. */
  uptime_mins: column(number),
});

export type Instance = v.InferOutput<typeof instanceSchema>;

const pageSchema = v.object({
  instances: v.array(instanceSchema),
  /** How many match, on all pages together. */
  total_instances: v.pipe(column(number), whole(0)),
  next_token: v.nullish(v.string()),
});

/** Instances by id, complete unless `stopped`: then there are more, with greater ids. */
export interface InstanceList {
  readonly instances: readonly Instance[];
  readonly total: number;
  readonly stopped: boolean;
}

/** Reads at most so many, in whole pages; of `ids`, where they are given, those that exist. */
export type ReadInstances = (options: {
  readonly limit: number;
  readonly ids?: readonly number[];
}) => Promise<Result<InstanceList, ApiFailure | { readonly kind: 'partial' }>>;

/** Vast.ai's largest page. */
const PAGE_SIZE = 25;

export type InstancesOptions = Omit<ApiClientOptions, 'base' | 'key'>;

/**
 * The reader that the Worker's key allows; undefined without a key, or with an address that it
 * must not be sent to. Keep the reader: it keeps the interval. It never throws.
 */
export function openInstances(
  { VAST_READ_KEY, VAST_API_URL }: Pick<Secrets, 'VAST_READ_KEY' | 'VAST_API_URL'>,
  options: InstancesOptions = {},
): ReadInstances | undefined {
  const base = secureUrl(VAST_API_URL || DEFAULT_API_URL);
  const key = VAST_READ_KEY?.trim() ?? '';
  if (base === undefined || !KEY_SHAPE.test(key)) return undefined;
  const call = createApiClient({ ...options, base, key });
  return async ({ limit, ids }) => {
    const found = new Map<number, Instance>();
    let [least, total] = [Number.POSITIVE_INFINITY, 0];
    let after: string | null | undefined;
    do {
      const query = new URLSearchParams({
        limit: String(PAGE_SIZE),
        select_cols: JSON.stringify(Object.keys(instanceSchema.entries)),
        order_by: '[{"col":"id","dir":"asc"}]',
        ...(ids && { select_filters: JSON.stringify({ id: { in: ids } }) }),
        ...(after && { after_token: after }),
      });
      const page = check(pageSchema, await call('GET', `/api/v1/instances/?${query}`));
      if (!page.ok) return page;
      const known = found.size;
      for (const instance of page.value.instances) found.set(instance.id, instance);
      total = page.value.total_instances;
      // Instances come and go while the pages are read: the least that were there must be found.
      least = Math.min(least, total);
      after = page.value.next_token;
      if (after ? found.size === known : found.size < least) return fail({ kind: 'partial' });
    } while (after && found.size < limit);
    const instances = [...found.values()].sort((one, other) => one.id - other.id);
    return succeed({ instances, total: Math.max(total, found.size), stopped: Boolean(after) });
  };
}
