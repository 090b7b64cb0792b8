// From counts to money, and to what the Free plan carries. Pure.
import { type Counts, LOGS_BY_VOLUME, prices, type Resource, resources } from './prices.ts';

const DAYS_PER_MONTH = 30;
const SUBSCRIPTION_DOLLARS = 5;

export interface Line {
  readonly resource: Resource;
  readonly perEvent: number;
  readonly dollarsPerMillionEvents: number;
  /**
   * Events a day until the Free plan's share of this is spent; infinite (null in JSON) where it
   * never is.
   */
  readonly freeEventsPerDay: number;
}

export interface Bill {
  readonly lines: readonly Line[];
  readonly dollarsPerMillionEvents: number;
  /**
   * What stops the deployment first, and after how many events a day. Running out of KV stops
   * nothing.
   */
  readonly firstToStop: { readonly resource: Resource; readonly eventsPerDay: number };
}

/**
 * @param events How many events the counts are for.
 * @param withoutKv What the same mix uses once KV's free writes are spent.
 */
export function billOf(counts: Counts, events: number, withoutKv: Counts = counts): Bill {
  const filtered = Math.min(prices.kvWrites.freePerDay / (counts.kvWrites / events), Number.MAX_SAFE_INTEGER);
  const lines = resources.map((resource): Line => {
    const perEvent = counts[resource] / events;
    const { dollarsPerMillion, freePerDay, whenSpent } = prices[resource];
    // KV itself is asked all the same.
    const later = whenSpent === 'deliveries are refused' ? withoutKv[resource] / events : perEvent;
    return {
      resource,
      perEvent,
      dollarsPerMillionEvents: perEvent * dollarsPerMillion,
      freeEventsPerDay: carried(freePerDay, perEvent, later, filtered),
    };
  });
  const stopping = lines.filter((line) => prices[line.resource].whenSpent === 'deliveries are refused');
  const first = stopping.reduce((least, line) => (line.freeEventsPerDay < least.freeEventsPerDay ? line : least));
  return {
    lines,
    dollarsPerMillionEvents: lines.reduce((sum, line) => sum + line.dollarsPerMillionEvents, 0),
    firstToStop: { resource: first.resource, eventsPerDay: first.freeEventsPerDay },
  };
}

/** Events until `limit` is used up: the first `filtered` use `first` each, the others `later`. */
function carried(limit: number, first: number, later: number, filtered: number): number {
  if (first * filtered >= limit) return Math.floor(limit / first);
  // None of it is used from then on, if it ever was.
  if (later === 0) return Number.POSITIVE_INFINITY;
  return Math.floor(filtered + (limit - first * filtered) / later);
}

/**
 * A month of such days on the Paid plan, in dollars: the subscription, and what exceeds what it
 * includes.
 */
export function monthlyDollars(counts: Counts): number {
  return resources.reduce((sum, resource) => {
    const { dollarsPerMillion, includedPerMonth } = prices[resource];
    const beyond = Math.max(counts[resource] * DAYS_PER_MONTH - includedPerMonth, 0);
    return sum + (beyond * dollarsPerMillion) / 1e6;
  }, SUBSCRIPTION_DOLLARS);
}

/** Lines that invocation logs would add: one for each request to the Worker or to the object. */
export function invocationLines({ workerRequests, objectRequests }: Counts): number {
  return workerRequests + objectRequests;
}

/** What log lines cost by volume, in dollars: taken in, and kept. */
export function dollarsByVolume(lines: number, bytes: number): number {
  const { guessedBytesAddedPerLine, dollarsPerGigabyte, dollarsPerGigabyteMonth, daysKept } = LOGS_BY_VOLUME;
  const gigabytes = (bytes + lines * guessedBytesAddedPerLine) / 1e9;
  return gigabytes * (dollarsPerGigabyte + (dollarsPerGigabyteMonth * daysKept) / DAYS_PER_MONTH);
}

/**
 * Operations that moving one message once costs: one for each 64,000 bytes begun, the platform's
 * own 100 included.
 */
export function queueUnits(body: string): number {
  return Math.ceil((Buffer.byteLength(body) + 100) / 64_000);
}
