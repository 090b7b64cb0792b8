// Every number that bounds something, with its unit and the reason for it.
// The Worker is your own code: to change a limit, edit it here (and read what it protects first).

/**
 * Largest request body, in bytes. Real deliveries stay under 1 KB; 64 KiB leaves room and keeps
 * base64 of a refused one inside one queue message.
 */
export const MAX_BODY_BYTES = 65_536;

/**
 * How far a signed timestamp may lie from now, in seconds, to either side (Vast.ai's documented
 * tolerance).
 */
export const TIMESTAMP_TOLERANCE_SECONDS = 300;

/** How long an event id is remembered as queued, in seconds: 7 days. */
export const SEEN_TTL_SECONDS = 604_800;

/**
 * How long a quarantined delivery is remembered, in seconds: one is kept per id and day, so
 * resending a captured one costs nothing.
 */
export const QUARANTINED_TTL_SECONDS = 86_400;

/**
 * The same for ids in local development (`npm run dev`), where the queue forgets: KV's shortest.
 */
export const LOCAL_SEEN_TTL_SECONDS = 60;

/** Ids that one isolate remembers of what it has sent, some 300 bytes each. */
export const REMEMBERED_IDS = 10_000;

/**
 * What becomes of a genuine delivery that arrives too late, beside the 401: `keep` it for an
 * operator to look at, or `run` its handler all the same if it is unseen and readable. Vast.ai does
 * not say whether it signs a retry anew.
 */
export const LATE_EVENTS: 'keep' | 'run' = 'keep';

/** How old a delivery may be that `run` still hands to its handler, in seconds: 24 hours. */
export const LATE_MAX_AGE_SECONDS = 86_400;

/**
 * Longest event id and event type, in characters. The id must fit a KV key (512 bytes) behind its
 * prefix.
 */
export const MAX_ID_LENGTH = 256;
export const MAX_TYPE_LENGTH = 128;

/**
 * Largest queue message we send, in bytes: the platform's 128,000 less its own metadata, rounded
 * down.
 */
export const MAX_MESSAGE_BYTES = 127_000;

/**
 * Longest header value kept with a refused delivery, in characters. Signatures and timestamps are
 * far shorter.
 */
export const MAX_KEPT_HEADER_LENGTH = 512;

/**
 * How long the edge waits for KV, in milliseconds. KV only saves work, so it may not use up the
 * provider's 10 s.
 */
export const KV_TIMEOUT_MS = 1_000;

/**
 * How long the edge waits for a queue to take a message, in milliseconds: inside the provider's 10
 * s, so that the 503 still arrives.
 */
export const SEND_TIMEOUT_MS = 7_000;

/**
 * `Retry-After` of a 503, in seconds: for our own passing failures, and for an endpoint nobody has
 * configured yet.
 */
export const RETRY_AFTER_SECONDS = 30;
export const NOT_CONFIGURED_RETRY_AFTER_SECONDS = 60;

/**
 * How long one handler run may take, in milliseconds, before its signal fires and it counts as
 * failed.
 */
export const HANDLER_TIMEOUT_MS = 30_000;

/**
 * How long one destination (Slack, a forward, …) may take to answer, in milliseconds, from its turn
 * on: short enough that the others' results still count.
 */
export const DESTINATION_TIMEOUT_MS = 10_000;

/**
 * Posts that wait at once in one invocation: of the platform's six, one is left to the handlers.
 */
export const POSTS_AT_ONCE = 5;

/**
 * Back-off of a failing event, in seconds: the first delay, doubled for each further try, up to the
 * last.
 */
export const FIRST_RETRY_SECONDS = 10;
export const LONGEST_RETRY_SECONDS = 3_600;

/** Longest delay that Queues accepts, in seconds. */
export const MAX_DELAY_SECONDS = 86_400;

/**
 * Pause between two tries to store a dead letter, in seconds: with 100 retries that is four days,
 * the queue's default retention.
 */
export const DEAD_LETTER_RETRY_SECONDS = 3_600;

/** Longest error text kept or logged for a failed try, in characters. */
export const MAX_ERROR_LENGTH = 300;

/**
 * Deepest nesting of a body, in levels. Real bodies have two; every stage behind the edge may
 * recurse over an event.
 */
export const MAX_NESTING = 200;

/**
 * `max_retries` of the main queue in wrangler.toml, so that the last try can be recorded as the
 * last (a test compares the two).
 */
export const MAX_RETRIES = 10;

/**
 * How often an event's handler may be started in one run (a replay begins another), grants whose
 * answer was lost included. It ends an event whose handler takes its consumer down, and so never
 * fails.
 */
export const MAX_STARTS = MAX_RETRIES + 1;

/**
 * Runs that end within this many milliseconds of each other are reported to the ledger in one call.
 */
export const SETTLE_TOGETHER_MS = 100;

/** How long a notice (of a dead letter, a kept delivery) may take, in milliseconds. */
export const NOTICE_TIMEOUT_MS = 15_000;

/**
 * When a message that a newer Worker has written comes back, in seconds: a deploy reaches all
 * locations within minutes.
 */
export const NEWER_VERSION_RETRY_SECONDS = 60;

/**
 * How long a claim keeps others away, in milliseconds: a handler's 30 s, and ample time to report.
 */
export const LEASE_MS = 120_000;

/** Over how long messages are scattered whose leases have ended together, in seconds. */
export const BUSY_SCATTER_SECONDS = 60;

/**
 * How long a ledger call may take, in milliseconds, and how often it is tried before the batch goes
 * back to the queue.
 */
export const LEDGER_TIMEOUT_MS = 10_000;
export const LEDGER_TRIES = 3;
export const LEDGER_PAUSE_MS = 200;

/**
 * How long rows are kept, in milliseconds: 30 days. Never less than the 7 days of the ids in KV.
 */
export const RETENTION_MS = 30 * 86_400_000;

/**
 * How long after its due time a row counts as stuck, in milliseconds. Longer than any ordinary
 * backlog of the queue.
 */
export const STUCK_AFTER_MS = 30 * 60_000;

/**
 * Longest pause before the watchdog sends a row once more, in milliseconds: a queue that stands
 * still must not fill up with copies.
 */
export const MAX_STUCK_AFTER_MS = 86_400_000;

/**
 * Pause between two rounds of the watchdog, in milliseconds, while anything is unfinished; and
 * while all is at rest.
 */
export const WATCH_INTERVAL_MS = 5 * 60_000;
export const REST_INTERVAL_MS = 6 * 3_600_000;

/**
 * The same while developing (`npm run dev`), where the queue forgets its messages at every restart,
 * in milliseconds.
 */
export const LOCAL_WATCH_INTERVAL_MS = 5_000;

/**
 * Rows that one round of the watchdog looks at, sends again or deletes at most: it shares the
 * object with the claims.
 */
export const WATCH_CHUNK = 500;

/**
 * Kept deliveries that are told of one by one within an hour; from the next one on, a line counts
 * the rest.
 */
export const KEPT_TOLD_ONE_BY_ONE = 5;

/** Kept deliveries that are counted for such a line at most. */
export const KEPT_COUNTED = 1_000;

/**
 * Envelopes that one round of the watchdog sends again at most, in characters: an object has 128 MB
 * of memory, and the largest envelope some 64 KiB.
 */
export const WATCH_CHARACTERS = 8_000_000;

/** Tries kept with a row, the latest ones. */
export const MAX_TRIES_KEPT = 30;

/**
 * Newest events whose text a search on the operator's page looks through; ids are found in all.
 * Bounds how long it holds up the ledger.
 */
export const SEARCH_WINDOW = 20_000;

/**
 * Text of envelopes that such a search looks through, in bytes: a fraction of a second, in which
 * nothing is claimed.
 */
export const SEARCH_BYTES = 20_000_000;

/**
 * Events that one page of a list by type or endpoint looks through before it stops: two rows are
 * read, and billed, for each.
 */
export const LIST_WINDOW = 10_000;

/** Events on a page of a list, unless asked for fewer or more, and at most. */
export const PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 200;

/** Longest text that the operator may search for, in characters: a whole id. */
export const MAX_SEARCH_LENGTH = MAX_ID_LENGTH;

/**
 * Events that one step of a replay of many takes on, that are sent side by side, and that a dry run
 * counts before it says "more".
 */
export const REPLAY_STEP = 100;
export const REPLAY_AT_ONCE = 20;
export const REPLAY_COUNTED = 1_000;

/**
 * How long a page waits for the queue to tell its backlog, in milliseconds, before it says
 * "unknown".
 */
export const BACKLOG_TIMEOUT_MS = 1_500;

/**
 * Shortest OPS_TOKEN that opens the operator's page, in characters (except on this machine).
 * Nothing limits guesses, so guessing must be hopeless: 24 random hexadecimal digits are 96 bits.
 */
export const MIN_OPS_TOKEN_LENGTH = 24;
