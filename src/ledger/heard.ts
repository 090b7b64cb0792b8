// Whether webhooks have told of something that was seen by other means.
import { PATROL_ENDPOINT } from '../endpoint.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { mentionsIn } from '../event/mentions.ts';
import { LIST_WINDOW } from '../limits.ts';
import { UNREADABLE_MESSAGE_ENDPOINT } from './protocol.ts';
import { firstRow, type Sql } from './sql.ts';
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
  /** When the latest webhook was received, whatever it was about; null if none is known. */
  readonly last: number | null;
}

/** The latest places, of webhooks alone. */
const LATEST = `d.seq > (SELECT max(seq) FROM deliveries) - ${LIST_WINDOW}
  AND d.endpoint NOT IN ('${PATROL_ENDPOINT}', '${UNREADABLE_MESSAGE_ENDPOINT}')`;

/**
 * Looks through the latest `LIST_WINDOW` places. Places are in the order in which the ledger took
 * events on, not in that of their arrival, so an older row does not end the search. What was kept
 * aside runs no handler, and so has told nobody.
 */
export function heard(sql: Sql, questions: readonly HeardQuestion[]): Heard {
  const types = JSON.stringify(questions.flatMap((question) => question.types));
  const from = Math.min(...questions.map(({ after }) => after));
  const query = `SELECT e.type, d.received_at AS receivedAt, d.event FROM ${BY_ARRIVAL}
    WHERE ${LATEST} AND d.received_at >= ? AND d.event IS NOT NULL AND e.status <> 'quarantined'
      AND e.type IN (SELECT value FROM json_each(?))`;
  const rows =
    questions.length === 0 ? [] : sql.exec<{ type: string; receivedAt: number; event: string }>(query, from, types);
  const webhooks = [...rows].map(({ event, ...about }) => ({ ...about, instanceId: instanceOf(JSON.parse(event)) }));
  const told = questions.map(({ types: telling, instanceId, after }) =>
    webhooks.some((one) => one.instanceId === instanceId && one.receivedAt >= after && telling.includes(one.type)),
  );
  const last = firstRow<{ at: number | null }>(
    sql,
    `SELECT max(received_at) AS at FROM deliveries AS d WHERE ${LATEST}`,
  );
  return { told, last: last?.at ?? null };
}

/** An older Worker's message has no mentions. */
function instanceOf({ mentions, data }: AnyEvent): number | undefined {
  return (mentions ?? mentionsIn(data))?.instanceId;
}
