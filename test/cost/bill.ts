// From counts to money, and to what the Free plan carries. Pure.
import { type Counts, prices, type Resource, resources } from './prices.ts';

export interface Line {
  readonly resource: Resource;
  readonly perEvent: number;
  readonly dollarsPerMillionEvents: number;
  /** Events a day until the Free plan's share of this is spent. */
  readonly freeEventsPerDay: number;
}

export interface Bill {
  readonly lines: readonly Line[];
  readonly dollarsPerMillionEvents: number;
  /** What stops the deployment first, and after how many events a day. Running out of KV stops nothing. */
  readonly firstToStop: { readonly resource: Resource; readonly eventsPerDay: number };
}

/** @param events How many events the counts are for. */
export function billOf(counts: Counts, events: number): Bill {
  const lines = resources.map((resource): Line => {
    const perEvent = counts[resource] / events;
    const { dollarsPerMillion, freePerDay } = prices[resource];
    return {
      resource,
      perEvent,
      dollarsPerMillionEvents: perEvent * dollarsPerMillion,
      freeEventsPerDay: perEvent === 0 ? Number.POSITIVE_INFINITY : Math.floor(freePerDay / perEvent),
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

/** Operations that moving one message once costs: one for each 64,000 bytes begun, the platform's own 100 included. */
export function queueUnits(body: string): number {
  return Math.ceil((Buffer.byteLength(body) + 100) / 64_000);
}
