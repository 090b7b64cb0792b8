// What Cloudflare asks and gives, as its documentation says. Change the date with the figures.

export const PRICES_AS_OF = '2026-11';
export const SOURCES = [
  'https://developers.cloudflare.com/workers/platform/pricing/',
  'https://developers.cloudflare.com/kv/platform/pricing/',
  'https://developers.cloudflare.com/queues/platform/pricing/',
  'https://developers.cloudflare.com/durable-objects/platform/pricing/',
];

export interface Price {
  readonly name: string;
  /** US dollars per million on the Paid plan, above what the $5 a month include. */
  readonly dollarsPerMillion: number;
  /** What the Free plan carries a day. */
  readonly freePerDay: number;
  /**
   * Whether events are lost or only held up, or nothing but cost changes, once the free share is
   * spent.
   */
  readonly whenSpent: 'deliveries are refused' | 'copies cost a queue message';
}

export const prices = {
  workerRequests: {
    name: 'Worker requests',
    dollarsPerMillion: 0.3,
    freePerDay: 100_000,
    whenSpent: 'deliveries are refused',
  },
  kvReads: { name: 'KV reads', dollarsPerMillion: 0.5, freePerDay: 100_000, whenSpent: 'copies cost a queue message' },
  kvWrites: { name: 'KV writes', dollarsPerMillion: 5, freePerDay: 1_000, whenSpent: 'copies cost a queue message' },
  queueOperations: {
    name: 'Queue operations',
    dollarsPerMillion: 0.4,
    freePerDay: 10_000,
    whenSpent: 'deliveries are refused',
  },
  objectRequests: {
    name: 'Object requests',
    dollarsPerMillion: 0.15,
    freePerDay: 100_000,
    whenSpent: 'deliveries are refused',
  },
  rowsWritten: { name: 'Rows written', dollarsPerMillion: 1, freePerDay: 100_000, whenSpent: 'deliveries are refused' },
} as const satisfies Record<string, Price>;

export type Resource = keyof typeof prices;
export type Counts = Record<Resource, number>;

export const resources = Object.keys(prices) as Resource[];
