// The Worker's operator API, as far as set-up needs it: did an event arrive, and how have recent ones ended?
import * as v from 'valibot';
import { fail, type Result, succeed } from '../../result.ts';
import { networkDetail } from './api-client.ts';
import type { Surroundings } from './surroundings.ts';

const TIMEOUT_MS = 15_000;

const eventSchema = v.object({
  id: v.string(),
  type: v.string(),
  status: v.string(),
  created: v.nullish(v.string()),
});
const pageSchema = v.object({ events: v.array(eventSchema) });

export type LedgerEvent = v.InferOutput<typeof eventSchema>;

export type OpsFailure =
  /** No `OPS_TOKEN` at the Worker, so the whole tree is 404. For one event: or the ledger does not know it. */
  | { readonly kind: 'not_found' }
  | { readonly kind: 'wrong_token' }
  | { readonly kind: 'trouble'; readonly detail: string };

export interface OpsClient {
  event(id: string): Promise<Result<LedgerEvent, OpsFailure>>;
  /** Newest first. */
  recent(limit: number): Promise<Result<LedgerEvent[], OpsFailure>>;
}

export function createOpsClient(surroundings: Pick<Surroundings, 'fetch'>, worker: string, token: string): OpsClient {
  const authorization = `Basic ${Buffer.from(`vast:${token}`).toString('base64')}`;

  async function get(path: string): Promise<Result<unknown, OpsFailure>> {
    try {
      const response = await surroundings.fetch(`${worker}${path}`, {
        redirect: 'manual',
        headers: { Authorization: authorization, Accept: 'application/json' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status === 404) return fail({ kind: 'not_found' });
      if (response.status === 401) return fail({ kind: 'wrong_token' });
      if (!response.ok) return fail({ kind: 'trouble', detail: `it answers ${response.status}` });
      return succeed(await response.json());
    } catch (error) {
      return fail({ kind: 'trouble', detail: networkDetail(error) });
    }
  }

  return {
    event: async (id) => {
      const answer = await get(`/ops/api/events/${encodeURIComponent(id)}`);
      return answer.ok ? checked(eventSchema, answer.value) : answer;
    },
    recent: async (limit) => {
      const answer = await get(`/ops/api/events?limit=${limit}`);
      if (!answer.ok) return answer;
      const page = checked(pageSchema, answer.value);
      return page.ok ? succeed(page.value.events) : page;
    },
  };
}

function checked<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): Result<v.InferOutput<Schema>, OpsFailure> {
  const parsed = v.safeParse(schema, value);
  return parsed.success
    ? succeed(parsed.output)
    : fail({ kind: 'trouble', detail: 'its answer is not what this version expects' });
}

export function describeOpsFailure(failure: OpsFailure): string {
  switch (failure.kind) {
    case 'not_found':
      return 'the Worker has no OPS_TOKEN, so its ops API is closed';
    case 'wrong_token':
      return 'the Worker does not accept this OPS_TOKEN';
    case 'trouble':
      return `the ops API cannot be read: ${failure.detail}`;
  }
}
