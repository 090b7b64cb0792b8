// Whether webhooks have told of something that was seen by other means.
import { PATROL_ENDPOINT } from '../endpoint.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { mentionsIn } from '../event/mentions.ts';
import { LIST_WINDOW } from '../limits.ts';
import { UNREADABLE_MESSAGE_ENDPOINT } from './protocol.ts';
import { firstValue, type Sql } from './sql.ts';
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

/**
 * Looks through the latest `LIST_WINDOW` places, whatever their time: an event that waited in the
 * queue has a later place than one that arrived after it. What was kept aside ran no handler, and
 * so told nobody.
 */
export function heard(sql: Sql, questions: readonly HeardQuestion[]): Heard {
  const webhooks = `d.seq > (SELECT max(seq) FROM deliveries) - ${LIST_WINDOW}
    AND d.endpoint NOT IN ('${PATROL_ENDPOINT}', '${UNREADABLE_MESSAGE_ENDPOINT}')`;
  const query = `SELECT e.type, d.received_at AS at, d.event FROM ${BY_ARRIVAL} WHERE ${webhooks}
    AND d.received_at >= ? AND e.status <> 'quarantined' AND e.type IN (SELECT value FROM json_each(?))`;
  const from = Math.min(...questions.map(({ after }) => after), Number.MAX_SAFE_INTEGER);
  const types = JSON.stringify(questions.flatMap((question) => question.types));
  const found = [...sql.exec<{ type: string; at: number; event: string }>(query, from, types)].map((row) => {
    const { mentions, data } = JSON.parse(row.event) as AnyEvent;
    // An older Worker's message has no mentions.
    return { ...row, instanceId: (mentions ?? mentionsIn(data))?.instanceId };
  });
  const told = questions.map(({ types: telling, instanceId, after }) =>
    found.some((one) => one.instanceId === instanceId && one.at >= after && telling.includes(one.type)),
  );
  return { told, last: firstValue(sql, `SELECT max(received_at) FROM deliveries AS d WHERE ${webhooks}`) };
}
