// Reads the Worker's ledger as an operator's script would: through its API, page by page.
import * as v from 'valibot';
import { CliFailure } from '../../src/cli/cli-failure.ts';
import type { LedgerRow } from './reconcile.ts';

const PAGE = 200;
const TIMEOUT_MS = 30_000;

const rowSchema = v.object({ id: v.string(), seq: v.number(), status: v.string(), attempts: v.number() });
const pageSchema = v.object({ events: v.array(rowSchema), cursor: v.nullable(v.number()) });
const statsSchema = v.object({ total: v.number(), byStatus: v.record(v.string(), v.number()) });

const UNFINISHED = ['processing', 'retrying', 'queued'];

export interface LedgerReader {
  /** The place of the latest event in the order of arrival; 0 while there is none. */
  readonly latest: () => Promise<number>;
  /** How many events it has, and how many of them are under way. */
  readonly counts: () => Promise<{ readonly total: number; readonly unfinished: number }>;
  /** Every event that arrived after `place`, the latest first. */
  readonly since: (place: number) => Promise<readonly (LedgerRow & { readonly seq: number })[]>;
}

/**
 * @param token The Worker's `OPS_TOKEN`. Every call throws a `CliFailure` where the Worker does not
 * answer as it should.
 */
export function ledgerReader(worker: URL, token: string): LedgerReader {
  const headers = { Authorization: `Basic ${Buffer.from(`load:${token}`).toString('base64')}` };

  async function get<Schema extends v.GenericSchema>(path: string, schema: Schema): Promise<v.InferOutput<Schema>> {
    const response = await fetch(new URL(path, worker), {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => undefined);
    if (!response?.ok) throw new CliFailure(`the ledger cannot be read: ${whyNot(response?.status)}`);
    const parsed = v.safeParse(schema, await response.json());
    if (!parsed.success) throw new CliFailure(`the ledger cannot be read: ${path} answers in an unknown shape`);
    return parsed.output;
  }

  return {
    latest: async () => (await get('/ops/api/events?limit=1', pageSchema)).events[0]?.seq ?? 0,
    counts: async () => {
      const { total, byStatus } = await get('/ops/api/stats', statsSchema);
      return { total, unfinished: UNFINISHED.reduce((sum, status) => sum + (byStatus[status] ?? 0), 0) };
    },
    since: async (place) => {
      const rows: v.InferOutput<typeof rowSchema>[] = [];
      let cursor: number | null = null;
      do {
        const query: string = cursor === null ? '' : `&cursor=${cursor}`;
        const page: v.InferOutput<typeof pageSchema> = await get(`/ops/api/events?limit=${PAGE}${query}`, pageSchema);
        rows.push(...page.events.filter((row) => row.seq > place));
        const oldest = page.events.at(-1)?.seq ?? 0;
        cursor = oldest > place ? page.cursor : null;
      } while (cursor !== null);
      return rows;
    },
  };
}

function whyNot(status: number | undefined): string {
  if (status === 404) return 'the Worker has no OPS_TOKEN, so its API is closed';
  if (status === 401) return 'the Worker does not accept this OPS_TOKEN';
  return status === undefined ? 'no answer' : `it answers ${status}`;
}
