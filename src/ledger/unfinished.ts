// Events that a consumer holds have no index of their own: it would cost every event a written row.
// They are found all the same, because the watchdog gives a due time to every try that it has met,
// and has yet to meet only the latest arrivals.

/** Id, endpoint, place, type and time of every `processing` row, as a subquery without bindings. */
export const UNFINISHED_TRIES = `
  SELECT id, endpoint, seq, type, received_at FROM events WHERE due_at IS NOT NULL AND status = 'processing'
  UNION ALL
  SELECT new.id, new.endpoint, new.seq, new.type, new.received_at
  FROM deliveries AS late CROSS JOIN events AS new ON new.id = late.id AND new.endpoint = late.endpoint
  WHERE late.seq > coalesce((SELECT value FROM marks WHERE name = 'swept_seq'), 0)
    AND new.status = 'processing' AND new.due_at IS NULL`;
