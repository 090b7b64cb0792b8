// What Cloudflare asks and gives, as its documentation says. Change the date with the figures.

export const PRICES_AS_OF = '2026-11';
export const SOURCES = [
  'https://developers.cloudflare.com/workers/platform/pricing/',
  'https://developers.cloudflare.com/kv/platform/pricing/',
  'https://developers.cloudflare.com/queues/platform/pricing/',
  'https://developers.cloudflare.com/durable-objects/platform/pricing/',
  'https://developers.cloudflare.com/workers/observability/logs/workers-logs/#pricing',
  'https://developers.cloudflare.com/observability/pricing/',
];

export interface Price {
  readonly name: string;
  /** US dollars per million on the Paid plan, above what the $5 a month include. */
  readonly dollarsPerMillion: number;
  /** What the Free plan carries a day. */
  readonly freePerDay: number;
  /** What the Paid plan's $5 include a month. */
  readonly includedPerMonth: number;
  /**
   * Whether events are lost or only held up, or nothing but cost changes, once the free share is
   * spent.
   */
  readonly whenSpent: 'deliveries are refused' | 'copies cost a queue message' | 'lines are dropped';
}

export const prices = {
  workerRequests: {
    name: 'Worker requests',
    dollarsPerMillion: 0.3,
    freePerDay: 100_000,
    includedPerMonth: 10_000_000,
    whenSpent: 'deliveries are refused',
  },
  kvReads: {
    name: 'KV reads',
    dollarsPerMillion: 0.5,
    freePerDay: 100_000,
    includedPerMonth: 10_000_000,
    whenSpent: 'copies cost a queue message',
  },
  kvWrites: {
    name: 'KV writes',
    dollarsPerMillion: 5,
    freePerDay: 1_000,
    includedPerMonth: 1_000_000,
    whenSpent: 'copies cost a queue message',
  },
  queueOperations: {
    name: 'Queue operations',
    dollarsPerMillion: 0.4,
    freePerDay: 10_000,
    includedPerMonth: 1_000_000,
    whenSpent: 'deliveries are refused',
  },
  objectRequests: {
    name: 'Object requests',
    dollarsPerMillion: 0.15,
    freePerDay: 100_000,
    includedPerMonth: 1_000_000,
    whenSpent: 'deliveries are refused',
  },
  rowsWritten: {
    name: 'Rows written',
    dollarsPerMillion: 1,
    freePerDay: 100_000,
    includedPerMonth: 50_000_000,
    whenSpent: 'deliveries are refused',
  },
  /** By the line until 30 November 2026; then by the byte, see `LOGS_BY_VOLUME`. */
  logLines: {
    name: 'Log lines',
    dollarsPerMillion: 0.6,
    freePerDay: 200_000,
    includedPerMonth: 20_000_000,
    whenSpent: 'lines are dropped',
  },
} as const satisfies Record<string, Price>;

/**
 * Workers Logs from 1 December 2026 on ("Cloudflare Observability pricing"): by gigabyte taken in,
 * before compression, and per gigabyte kept for a month; lines are kept for seven days.
 */
export const LOGS_BY_VOLUME = {
  dollarsPerGigabyte: 0.25,
  dollarsPerGigabyteMonth: 0.1,
  daysKept: 7,
  freeGigabytesPerDay: 0.5,
  /** What the platform adds to each line. A guess: its documentation gives no size. */
  guessedBytesAddedPerLine: 1_000,
} as const;

export type Resource = keyof typeof prices;
export type Counts = Record<Resource, number>;

export const resources = Object.keys(prices) as Resource[];
