// What a query string or a body asks for, checked. Every value ends up as a bound SQL parameter.
import { bodyLimit } from 'hono/body-limit';
import * as v from 'valibot';
import type { EventFilter } from '../ledger/queries.ts';
import { statuses } from '../ledger/status.ts';
import { MAX_ID_LENGTH, MAX_PAGE_SIZE, MAX_SEARCH_LENGTH, MAX_TYPE_LENGTH, PAGE_SIZE, REPLAY_STEP } from '../limits.ts';
import { fail, type Result, succeed } from '../result.ts';

/** Largest filter that is read from a body, in bytes. */
const MAX_FILTER_BYTES = 4_096;

export const boundedBody = bodyLimit({ maxSize: MAX_FILTER_BYTES });

/** What is wrong, one sentence per field. */
export type Issues = readonly string[];

const text = (field: string, maxLength: number) =>
  v.pipe(
    v.string(`${field} must be a string`),
    v.maxLength(maxLength, `${field} must be at most ${maxLength} characters`),
  );

/** A number, or the digits of one, as a form sends them. */
export const wholeNumber = (field: string, least: number, most: number) =>
  v.pipe(
    v.custom<string | number>((value) => {
      const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
      return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most;
    }, `${field} must be a whole number from ${least} to ${most}`),
    v.transform(Number),
  );

const filterEntries = {
  status: v.optional(v.picklist(statuses, `status must be one of ${statuses.join(', ')}`)),
  type: v.optional(text('type', MAX_TYPE_LENGTH)),
  endpoint: v.optional(text('endpoint', MAX_ID_LENGTH)),
  q: v.optional(text('q', MAX_SEARCH_LENGTH)),
};
const cursor = v.nullish(wholeNumber('cursor', 0, Number.MAX_SAFE_INTEGER), null);

const listSchema = v.object({
  ...filterEntries,
  cursor,
  limit: v.optional(wholeNumber('limit', 1, MAX_PAGE_SIZE), PAGE_SIZE),
});

const replaySchema = v.object({
  ...filterEntries,
  // Required: otherwise one mistake would rerun a month of events.
  status: v.picklist(statuses, `status is required, one of ${statuses.join(', ')}`),
  cursor,
  limit: v.optional(wholeNumber('limit', 1, REPLAY_STEP), REPLAY_STEP),
  dryRun: v.optional(v.boolean('dryRun must be true or false'), false),
});

export interface ListRequest {
  readonly filter: EventFilter;
  readonly cursor: number | null;
  readonly limit: number;
}

interface ReplayRequest extends ListRequest {
  readonly dryRun: boolean;
}

/** A list request from a query string. Forms send unused fields empty: those are ignored. */
export function parseList(query: Record<string, string>): Result<ListRequest, Issues> {
  const parsed = v.safeParse(listSchema, withoutEmpty(query));
  if (!parsed.success) return fail(issuesOf(parsed.issues));
  const { cursor, limit, ...filter } = parsed.output;
  return succeed({ filter, cursor, limit });
}

/** A request to replay many events, from a JSON body or a form. */
export function parseReplay(body: unknown): Result<ReplayRequest, Issues> {
  const parsed = v.safeParse(replaySchema, typeof body === 'object' && body !== null ? withoutEmpty(body) : {});
  if (!parsed.success) return fail(issuesOf(parsed.issues));
  const { cursor, limit, dryRun, ...filter } = parsed.output;
  return succeed({ filter, cursor, limit, dryRun });
}

function withoutEmpty(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

function issuesOf(issues: readonly { readonly message: string }[]): Issues {
  return issues.map((issue) => issue.message);
}
