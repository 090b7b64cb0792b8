// What a query string or a body asks for, checked. Every value ends up as a bound SQL parameter.
import * as v from 'valibot';
import { statuses } from '../ledger/status.ts';
import {
  MAX_FEED_WAIT_SECONDS,
  MAX_ID_LENGTH,
  MAX_PAGE_SIZE,
  MAX_TYPE_LENGTH,
  PAGE_SIZE,
  REPLAY_STEP,
} from '../limits.ts';
import { fail, type Result, succeed } from '../result.ts';
import { isoOf } from './when.ts';

/** What is wrong, one sentence per field. */
export type Issues = readonly string[];

// Messages go on after the field's name.
const text = (maxLength: number) =>
  v.exactOptional(
    v.pipe(v.string('must be a string'), v.maxLength(maxLength, `must be at most ${maxLength} characters`)),
  );

/** A number, or the digits of one, as a form sends them. */
const wholeNumber = (least: number, most: number) =>
  v.pipe(
    v.custom<string | number>(
      (value) =>
        typeof value !== 'object' &&
        /^-?\d{1,16}$/.test(String(value)) &&
        Number(value) >= least &&
        Number(value) <= most,
      `must be a whole number from ${least} to ${most}`,
    ),
    v.transform(Number),
  );

const flag = v.custom<boolean>((value) => typeof value === 'boolean', 'must be true or false');

/** Milliseconds since the epoch of ISO 8601, in UTC where no zone is given; NaN of what is none. */
function timeOf(text: string): number {
  const [, day = '', date, clock, zone] = /^(\d{4}-\d\d-(\d\d))(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  // February has no 30th, which would pass for one of March.
  if (new Date(day).getUTCDate() !== Number(date)) return Number.NaN;
  return Date.parse(clock && !zone ? `${text}Z` : text);
}

const time = v.exactOptional(
  v.pipe(
    v.string('must be a string'),
    v.transform(timeOf),
    v.custom<number>((ms) => !Number.isNaN(ms), 'must be a time, in ISO 8601'),
    v.transform(isoOf),
  ),
);

const filterEntries = {
  status: v.exactOptional(v.picklist([...statuses, 'attention'], `must be one of ${statuses.join(', ')}, attention`)),
  type: text(MAX_TYPE_LENGTH),
  endpoint: text(MAX_ID_LENGTH),
  // A whole id is the longest text that anybody looks for.
  q: text(MAX_ID_LENGTH),
  from: time,
  to: time,
  cursor: v.nullish(wholeNumber(0, Number.MAX_SAFE_INTEGER), null),
};

/** A list, asked for by a query string. */
export const listRequest = v.pipe(
  v.object({ ...filterEntries, limit: v.nullish(wholeNumber(1, MAX_PAGE_SIZE), PAGE_SIZE) }),
  v.transform(({ cursor, limit, ...filter }) => ({ filter, cursor, limit })),
);

/** A replay of many events, asked for by a JSON body or a query string. */
export const replayRequest = v.pipe(
  v.object(
    {
      ...filterEntries,
      // Required: otherwise one mistake would rerun a month of events.
      status: v.picklist(statuses, `must be one of ${statuses.join(', ')}`),
      limit: v.nullish(wholeNumber(1, REPLAY_STEP), REPLAY_STEP),
      dryRun: v.nullish(flag, false),
    },
    'is required',
  ),
  v.transform(({ cursor, limit, dryRun, ...filter }) => ({ filter, cursor, limit, dryRun })),
);

/** What to read of the feed, from a query string. */
export const feedRequest = v.object({
  /** A place in the feed; a negative one counts from its end. */
  after: v.nullish(wholeNumber(-MAX_PAGE_SIZE, Number.MAX_SAFE_INTEGER), 0),
  limit: v.nullish(wholeNumber(1, MAX_PAGE_SIZE), PAGE_SIZE),
  wait: v.nullish(wholeNumber(0, MAX_FEED_WAIT_SECONDS), 0),
});

const stepCount = wholeNumber(0, REPLAY_STEP);

/** The outcome of a step of a replay, as the address of the list tells it. */
export const stepResult = v.object({ queued: stepCount, refused: stepCount, failed: stepCount });

export type ListRequest = v.InferOutput<typeof listRequest>;
export type StepResult = v.InferOutput<typeof stepResult>;

/** What is asked for. Forms send unused fields empty: those are ignored. */
export function check<Schema extends v.GenericSchema>(
  schema: Schema,
  fields: unknown,
): Result<v.InferOutput<Schema>, Issues> {
  const set = Object.entries(fields ?? {}).filter(([, value]) => value !== '');
  const parsed = v.safeParse(schema, Object.fromEntries(set));
  return parsed.success
    ? succeed(parsed.output)
    : fail(parsed.issues.map(({ path, message }) => `${path?.[0].key} ${message}`));
}
