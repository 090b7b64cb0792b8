// Whether webhooks have told of something that was seen by other means.
import { PATROL_ENDPOINT } from '../endpoint.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { mentionsIn } from '../event/mentions.ts';
import { LIST_WINDOW } from '../limits.ts';
import { UNREADABLE_MESSAGE_ENDPOINT } from './protocol.ts';
import type { Sql } from './sql.ts';
import { BY_ARRIVAL } from './store.ts';

export interface HeardQuestion {
  readonly types: readonly string[];
  readonly instanceId: number;
  /** In milliseconds since the epoch. */
  readonly after: number;
}

export interface Heard {
  /** One answer per question, in order. */
  readonly told: readonly boolean[];
  /** When the latest webhook but a test was received; null if none is known. */
  readonly last: number | null;
}

/**
 * One answer per question, in order, from the places `first` to the last, at most the latest
 * `LIST_WINDOW`. Their times count, not their order: an event that waited in the queue has a later
 * place than one that arrived after it. What was kept aside ran no handler, and so told nobody.
 */
export function heard(sql: Sql, questions: readonly HeardQuestion[], first: number): Heard['told'] {
  const query = `SELECT e.type, d.received_at AS at, d.event FROM ${BY_ARRIVAL}
    WHERE d.seq >= max(?, (SELECT max(seq) FROM deliveries) - ${LIST_WINDOW}) AND d.received_at >= ?
    AND d.endpoint NOT IN ('${PATROL_ENDPOINT}', '${UNREADABLE_MESSAGE_ENDPOINT}')
    AND e.status <> 'quarantined' AND e.type IN (SELECT value FROM json_each(?))`;
  const types = JSON.stringify(questions.flatMap((question) => question.types));
  const webhooks = sql.exec<{ type: string; at: number; event: string }>(query, first, earliest(questions), types);
  const found = [...webhooks].map((row) => {
    const { mentions, data } = JSON.parse(row.event) as AnyEvent;
    // An older Worker's message has no mentions.
    return { ...row, instanceId: (mentions ?? mentionsIn(data))?.instanceId };
  });
  return questions.map(({ types: telling, instanceId, after }) =>
    found.some((one) => one.instanceId === instanceId && one.at >= after && telling.includes(one.type)),
  );
}

/** The time from which on any of them asks. */
export function earliest(questions: readonly HeardQuestion[]): number {
  return Math.min(...questions.map(({ after }) => after), Number.MAX_SAFE_INTEGER);
}
