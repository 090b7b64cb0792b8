// What a query string or a body asks for, checked. Every value ends up as a bound SQL parameter.
import * as v from 'valibot';
import { statuses } from '../ledger/status.ts';
import {
  MAX_FEED_WAIT_SECONDS,
  MAX_ID_LENGTH,
  MAX_PAGE_SIZE,
  MAX_SEARCH_LENGTH,
  MAX_TYPE_LENGTH,
  PAGE_SIZE,
  REPLAY_STEP,
} from '../limits.ts';
import { fail, type Result, succeed } from '../result.ts';
import { isoOf } from './when.ts';

/** What is wrong, one sentence per field. */
export type Issues = readonly string[];

const text = (field: string, maxLength: number) =>
  v.pipe(
    v.string(`${field} must be a string`),
    v.maxLength(maxLength, `${field} must be at most ${maxLength} characters`),
  );

/** A number, or the digits of one, as a form sends them. */
const wholeNumber = (field: string, least: number, most: number) =>
  v.pipe(
    v.custom<string | number>((value) => {
      const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
      return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most;
    }, `${field} must be a whole number from ${least} to ${most}`),
    v.transform(Number),
  );

/** ISO 8601, in UTC where no zone is given, as a form's field sends it. */
const time = (field: string) =>
  v.pipe(
    v.string(`${field} must be a string`),
    v.regex(/^\d{4}-\d\d-\d\d(T\d\d:[\d:.]+(Z|[+-]\d\d:\d\d)?)?$/, `${field} must be a time in ISO 8601`),
    v.transform((text) => Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text)),
    v.number(`${field} must be a time that there is`),
    v.transform(isoOf),
  );

const oneOf = statuses.join(', ');
const filterEntries = {
  status: v.optional(v.picklist([...statuses, 'attention'], `status must be one of ${oneOf}, attention`)),
  type: v.optional(text('type', MAX_TYPE_LENGTH)),
  endpoint: v.optional(text('endpoint', MAX_ID_LENGTH)),
  q: v.optional(text('q', MAX_SEARCH_LENGTH)),
  from: v.optional(time('from')),
  to: v.optional(time('to')),
  cursor: v.nullish(wholeNumber('cursor', 0, Number.MAX_SAFE_INTEGER), null),
};

const listSchema = v.pipe(
  v.object({ ...filterEntries, limit: v.optional(wholeNumber('limit', 1, MAX_PAGE_SIZE), PAGE_SIZE) }),
  v.transform(({ cursor, limit, ...filter }) => ({ filter, cursor, limit })),
);

const replaySchema = v.pipe(
  v.object({
    ...filterEntries,
    // Required: otherwise one mistake would rerun a month of events.
    status: v.picklist(statuses, `status is required, one of ${oneOf}`),
    limit: v.optional(wholeNumber('limit', 1, REPLAY_STEP), REPLAY_STEP),
    dryRun: v.optional(v.boolean('dryRun must be true or false'), false),
  }),
  v.transform(({ cursor, limit, dryRun, ...filter }) => ({ filter, cursor, limit, dryRun })),
);

const feedSchema = v.object({
  /** A place in the feed; a negative one counts from its end. */
  after: v.optional(wholeNumber('after', -MAX_PAGE_SIZE, Number.MAX_SAFE_INTEGER), 0),
  limit: v.optional(wholeNumber('limit', 1, MAX_PAGE_SIZE), PAGE_SIZE),
  wait: v.optional(wholeNumber('wait', 0, MAX_FEED_WAIT_SECONDS), 0),
});

const stepCount = wholeNumber('count', 0, REPLAY_STEP);
const stepSchema = v.object({ queued: stepCount, refused: stepCount, failed: stepCount });

export type ListRequest = v.InferOutput<typeof listSchema>;
export type StepResult = v.InferOutput<typeof stepSchema>;

/** A list request from a query string. */
export const parseList = (query: Record<string, string>) => check(listSchema, query);

/** A request to replay many events, from a JSON body or a query string. */
export const parseReplay = (body: unknown) => check(replaySchema, body);

/** The outcome of a step of a replay, as the address of the list tells it. */
export const parseStep = (query: Record<string, string>) => check(stepSchema, query);

/** What to read of the feed, from a query string. */
export const parseFeed = (query: Record<string, string>) => check(feedSchema, query);

/** Forms send unused fields empty: those are ignored. */
function check<Schema extends v.GenericSchema>(schema: Schema, fields: unknown): Result<v.InferOutput<Schema>, Issues> {
  const set = Object.entries(fields ?? {}).filter(([, value]) => value !== '');
  const parsed = v.safeParse(schema, Object.fromEntries(set));
  return parsed.success ? succeed(parsed.output) : fail(parsed.issues.map((issue) => issue.message));
}
