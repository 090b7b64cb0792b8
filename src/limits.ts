// Every number that bounds something, with its unit and its reason. The Worker is your own code: to
// change a limit, edit it here.

/** Largest body, in bytes. Real ones stay under 1 KB; in base64, 64 KiB still fit a message. */
export const MAX_BODY_BYTES = 65_536;

/** How far a signed timestamp may lie from now, either side, in seconds: Vast.ai's tolerance. */
export const TIMESTAMP_TOLERANCE_SECONDS = 300;

/** How long KV remembers an id as queued, in seconds: 7 days. */
export const SEEN_TTL_SECONDS = 604_800;

/** The same for a quarantined delivery: resending a captured one makes one dead letter a day. */
export const QUARANTINED_TTL_SECONDS = 86_400;

/** The same for both under `npm run dev`, where the queue forgets: KV's shortest. */
export const LOCAL_SEEN_TTL_SECONDS = 60;

/** Ids that one isolate remembers of what it has sent, some 300 bytes each. */
export const REMEMBERED_IDS = 10_000;

/**
 * What becomes of a genuine delivery that arrives too late, beside the 401: `keep` it for an
 * operator, or `run` its handler too. Vast.ai does not say whether it signs a retry anew.
 */
export const LATE_EVENTS: 'keep' | 'run' = 'keep';

/** How old a delivery may be that `run` still hands to its handler, in seconds: 24 hours. */
export const LATE_MAX_AGE_SECONDS = 86_400;

/** Longest event id and type, in characters. The id must fit a KV key (512 bytes) with a prefix. */
export const MAX_ID_LENGTH = 256;
export const MAX_TYPE_LENGTH = 128;

/** Largest queue message, in bytes: the platform's 128,000 less its own metadata, rounded down. */
export const MAX_MESSAGE_BYTES = 127_000;

/** Longest header value kept with a refused delivery, in characters. Signatures are shorter. */
export const MAX_KEPT_HEADER_LENGTH = 512;

/** How long the edge waits for KV, in milliseconds. KV only saves work; the provider waits 10 s. */
export const KV_TIMEOUT_MS = 1_000;

/** How long the edge waits for a queue, in milliseconds: the 503 must arrive within those 10 s. */
export const SEND_TIMEOUT_MS = 7_000;

/** `Retry-After` of a 503, in seconds: for our transient failures; for an endpoint not set up. */
export const RETRY_AFTER_SECONDS = 30;
export const NOT_CONFIGURED_RETRY_AFTER_SECONDS = 60;

/** How long a handler may take, in milliseconds; then its signal fires and it counts as failed. */
export const HANDLER_TIMEOUT_MS = 30_000;

/** How long a look at an event's instance may take, in milliseconds: messages wait for it. */
export const INSTANCE_TIMEOUT_MS = 5_000;

/**
 * How long one destination may take to answer, in milliseconds from its turn on: short enough that
 * the others' results still count.
 */
export const DESTINATION_TIMEOUT_MS = 10_000;

/** How long the same about one instance is told once, in minutes; most repeats that are counted. */
export const REPEAT_QUIET_MINUTES = 10;
export const MAX_REPEATS = 1_000;

/**
 * How long an event that is being told keeps others about the same waiting (longer than its handler
 * may take), after which pauses they ask again, and how long the answer may take. In milliseconds.
 */
export const TELL_RESERVED_MS = 40_000;
export const TELL_PAUSES_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];
export const TELL_TIMEOUT_MS = 3_000;

/** Posts waiting at once in an invocation: of the platform's six, one is left to the handlers. */
export const POSTS_AT_ONCE = 5;

/** Back-off of a failing event, in seconds: the first delay, doubled each time, and the longest. */
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

/** Deepest nesting of a body, in levels. Real ones have two; later stages may recurse over it. */
export const MAX_NESTING = 200;

/** `max_retries` of the main queue in wrangler.toml (a test compares them): tells the last try. */
export const MAX_RETRIES = 10;

/**
 * How often a handler may be started in one run (a replay begins another), grants whose answer was
 * lost included. Ends an event whose handler takes its consumer down, and so never fails.
 */
export const MAX_STARTS = MAX_RETRIES + 1;

/** Runs that end within this many milliseconds of each other are reported in one ledger call. */
export const SETTLE_TOGETHER_MS = 100;

/**
 * How long the notice of a dead event waits for the others of its batch, in milliseconds: longer
 * than a hanging destination holds them up.
 */
export const DEAD_TOLD_AFTER_MS = 12_000;

/** How long a notice (of a dead letter, a kept delivery) may take, in milliseconds. */
export const NOTICE_TIMEOUT_MS = 15_000;

/** When a newer Worker's message comes back, in seconds: a deploy reaches all places in minutes. */
export const NEWER_VERSION_RETRY_SECONDS = 60;

/** How long a claim keeps others away, in milliseconds: a handler's 30 s, and time to report. */
export const LEASE_MS = 120_000;

/** Over how long messages are scattered whose leases end together, in seconds. */
export const BUSY_SCATTER_SECONDS = 60;

/**
 * How long a ledger call may take, how often it is tried before the batch goes back to the queue,
 * and the pause between two tries (longer each time); times in milliseconds.
 */
export const LEDGER_TIMEOUT_MS = 10_000;
export const LEDGER_TRIES = 3;
export const LEDGER_PAUSE_MS = 200;

/** How long rows are kept, in milliseconds: 30 days. Never less than the 7 days of ids in KV. */
export const RETENTION_MS = 30 * 86_400_000;

/**
 * Kept at least this long after it has finished, in milliseconds: longer than a queue keeps copies.
 */
export const FINISHED_KEPT_MS = 7 * 86_400_000;

/** How long after its due time a row counts as stuck, in milliseconds: beyond ordinary backlogs. */
export const STUCK_AFTER_MS = 30 * 60_000;

/** Longest pause before a stuck row is sent again, in milliseconds: a dead queue must not fill. */
export const MAX_STUCK_AFTER_MS = 86_400_000;

/**
 * Pause between two rounds of the watchdog, in milliseconds: the shortest, the longest, and the one
 * under `npm run dev`, where a restart empties the queue. Each round costs some four rows.
 */
export const WATCH_INTERVAL_MS = 5 * 60_000;
export const REST_INTERVAL_MS = 6 * 3_600_000;
export const LOCAL_WATCH_INTERVAL_MS = 5_000;

/** Most rows that a round reads, sends or deletes: it shares the object with the claims. */
export const WATCH_CHUNK = 500;

/** Most that a round sends, in characters: the object has 128 MB, an envelope up to 64 KiB. */
export const WATCH_CHARACTERS = 8_000_000;

/** Kept deliveries told one by one in an hour; further ones are counted, up to the second. */
export const KEPT_TOLD_ONE_BY_ONE = 5;
export const KEPT_COUNTED = 1_000;

/** How often an isolate tells of messages that nobody can read, in milliseconds: once an hour. */
export const UNREADABLE_TOLD_EVERY_MS = 3_600_000;

/** Tries kept with a row, the latest ones. */
export const MAX_TRIES_KEPT = 30;

/** Newest events, and bytes of their text, that a search reads: it holds up the ledger so long. */
export const SEARCH_WINDOW = 20_000;
export const SEARCH_BYTES = 20_000_000;

/** Events that a page of a list by type or endpoint looks through: two rows are billed for each. */
export const LIST_WINDOW = 10_000;

/** Events on a page of a list: by default, and at most. */
export const PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 200;

/**
 * The feed: how long a request may wait for the next event, in seconds; how often the ledger is
 * asked meanwhile, in milliseconds, and under `npm run dev`; and the most that one answer holds
 * beside its first event, in characters. A request held open in the object would have it billed for
 * all of that time.
 */
export const MAX_FEED_WAIT_SECONDS = 25;
export const FEED_POLL_MS = 5_000;
export const LOCAL_FEED_POLL_MS = 500;
export const FEED_CHARACTERS = 1_000_000;

/** Matches of a filter that are counted before "more": for each, up to two rows are read. */
export const MATCHES_COUNTED = 1_000;

/** Longest text that a list shows of what an event is about, in characters. */
export const MAX_SUBJECT_LENGTH = 200;

/** How far around an event others of its instance are looked for, in places; how many are shown. */
export const RELATED_WINDOW = 1_000;
export const RELATED_SHOWN = 5;

/** A replay of many: events per step, and events sent side by side. */
export const REPLAY_STEP = 100;
export const REPLAY_AT_ONCE = 20;

/**
 * How long nothing may have come before page, doctor, patrol and the ready alert rules speak of
 * silence, in milliseconds: 7 days. An account with running instances is rarely quiet for a week.
 */
export const SILENT_AFTER_MS = 7 * 86_400_000;

/** How long a page waits for the queue's backlog, in milliseconds, before it says "unknown". */
export const BACKLOG_TIMEOUT_MS = 1_500;

/**
 * Shortest OPS_TOKEN or READ_TOKEN that opens anything, in characters (except on this machine).
 * Nothing limits guesses, so guessing must be hopeless: 24 hexadecimal digits are 96 bits.
 */
export const MIN_OPS_TOKEN_LENGTH = 24;

/** Pause between two looks of patrol, in milliseconds: 5 minutes. */
export const PATROL_INTERVAL_MS = 5 * 60_000;

/** Most instances that patrol looks at, 20 pages a second apart. It says where it stops. */
export const PATROL_MAX_INSTANCES = 500;

/** How long Vast.ai may take to answer patrol, in milliseconds; tries for each page. */
export const PATROL_TIMEOUT_MS = 10_000;
export const PATROL_TRIES = 2;

/** Most time between two looks that counts as watched, in milliseconds: two may fail. */
export const PATROL_LONGEST_GAP_MS = 3 * PATROL_INTERVAL_MS;

/** Failed looks in a row after which patrol says that it is blind. */
export const PATROL_BLIND_AFTER = 3;

/** Empty lists in a row after which an account that was not empty is believed to be. */
export const PATROL_EMPTY_LOOKS = 12;

/** How long before the last look that does not show a change its webhook may have come, in ms. */
export const PATROL_WEBHOOK_LEAD_MS = 60_000;

/** What opens a condition, in milliseconds; below this load, in percent, a GPU is idle. */
export const PATROL_STUCK_MS = 30 * 60_000;
export const PATROL_IDLE_MS = 60 * 60_000;
export const PATROL_IDLE_PERCENT = 5;
export const PATROL_STOPPED_MS = 24 * 3_600_000;
export const PATROL_ENDS_WITHIN_MS = 24 * 3_600_000;

/** What all instances may cost together, in dollars per hour, before it is told. null: off. */
export const BURN_LIMIT_PER_HOUR: number | null = null;

/** How often an isolate wakes patrol, and asks it, and how long it waits, in milliseconds. */
export const PATROL_WAKE_EVERY_MS = 3_600_000;
export const PATROL_ASK_EVERY_MS = 60_000;
export const PATROL_READ_TIMEOUT_MS = 5_000;
