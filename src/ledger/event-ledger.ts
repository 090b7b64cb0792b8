// The Durable Object around the ledger: gives it storage, the time and the alarm, and sends what
// must be sent again.
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { LOCAL_WATCH_INTERVAL_MS, REST_INTERVAL_MS, STUCK_AFTER_MS, WATCH_INTERVAL_MS } from '../limits.ts';
import { log, platformError } from '../log.ts';
import { enqueue } from '../queue/enqueue.ts';
import { encodeMessage } from '../queue/message.ts';
import { Arrivals } from './arrivals.ts';
import type {
  BuryAnswer,
  BuryRequest,
  ClaimAnswer,
  ClaimRequest,
  QuarantineAnswer,
  QuarantineRequest,
  Report,
} from './protocol.ts';
import { type EventFilter, type EventPage, type EventRecord, Queries } from './queries.ts';
import { type ReplayAnswer, replay } from './replay.ts';
import { type ReplayStep, replayMany } from './replay-many.ts';
import { reread } from './reread.ts';
import { migrate } from './schema.ts';
import { countEvents, type Stats } from './stats.ts';
import { type EventKey, Store } from './store.ts';
import { type Resend, watch } from './watchdog.ts';
import { Writer } from './writer.ts';

/** Messages that the watchdog sends side by side. */
const SENDS_AT_ONCE = 20;

export class EventLedger extends DurableObject<Env> {
  readonly #store: Store;
  readonly #writer: Writer;
  readonly #queries: Queries;
  readonly #arrivals: Arrivals;
  readonly #transaction = <Value>(work: () => Value): Value => this.ctx.storage.transactionSync(work);
  readonly #watchIntervalMs: number;
  readonly #stuckAfterMs: number;
  /** When the alarm will ring, as far as this instance knows; undefined until it has looked. */
  #alarmAt: number | null | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    migrate(sql, this.#transaction);
    // A local queue forgets its messages with every restart, so a local watchdog does not wait for
    // them.
    this.#watchIntervalMs = env.LOCAL_DEV ? LOCAL_WATCH_INTERVAL_MS : WATCH_INTERVAL_MS;
    this.#stuckAfterMs = env.LOCAL_DEV ? LOCAL_WATCH_INTERVAL_MS : STUCK_AFTER_MS;
    this.#store = new Store(sql);
    this.#writer = new Writer(this.#store, this.#transaction, this.#stuckAfterMs);
    this.#queries = new Queries(sql, this.#store);
    this.#arrivals = new Arrivals(sql);
    // The platform drops an alarm that has failed seven times. Whatever starts this object arms it
    // again.
    void ctx.blockConcurrencyWhile(() => this.#watchAgain());
  }

  async claim(claim: string, requests: readonly ClaimRequest[]): Promise<ClaimAnswer[]> {
    await this.#watchSoon();
    return this.#writer.claim(claim, requests, Date.now());
  }

  async settle(claim: string, reports: readonly Report[]): Promise<boolean[]> {
    await this.#watchSoon();
    return this.#writer.settle(claim, reports, Date.now());
  }

  /** @param claim Names the call; an older Worker names none. */
  async bury(requests: readonly BuryRequest[], claim: string = crypto.randomUUID()): Promise<BuryAnswer[]> {
    await this.#watchSoon();
    return this.#writer.bury(claim, requests, Date.now());
  }

  async quarantine(requests: readonly QuarantineRequest[]): Promise<QuarantineAnswer[]> {
    await this.#watchBy(Date.now() + REST_INTERVAL_MS);
    return this.#writer.quarantine(requests, Date.now());
  }

  /**
   * Runs events again, each as `replay.ts` says. @param endpoint Of all of them; an older Worker
   * names none.
   */
  async replay(ids: readonly string[], endpoint?: string): Promise<ReplayAnswer[]> {
    await this.#watchSoon();
    const answers: ReplayAnswer[] = [];
    for (const id of ids) answers.push(await this.#replay(this.#keyOf(id, endpoint)));
    return answers;
  }

  /** Runs what matches again, one bounded step per call: see `replay-many.ts`. */
  async replayMany(filter: EventFilter, cursor: number | null, limit: number): Promise<ReplayStep> {
    await this.#watchSoon();
    return replayMany(this.#queries, filter, cursor, limit, (key) => this.#replay(key));
  }

  /** @param endpoint An older Worker names none. */
  async get(id: string, endpoint?: string): Promise<EventRecord | null> {
    await this.#watchAgain();
    return this.#queries.get(this.#keyOf(id, endpoint));
  }

  async list(filter: EventFilter, cursor: number | null, limit: number): Promise<EventPage> {
    await this.#watchAgain();
    return this.#queries.list(filter, cursor, limit);
  }

  async stats(): Promise<Stats> {
    await this.#watchAgain();
    return countEvents(this.ctx.storage.sql, this.#arrivals, Date.now());
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    // Armed before anything that can fail: whatever happens below, there is a next round.
    await this.#watchSoon();
    const round = watch(this.#store, this.#transaction, Date.now(), this.#stuckAfterMs);
    this.#keepCounts();
    await this.#rearm(round.next);
    for (let start = 0; start < round.resend.length; start += SENDS_AT_ONCE) {
      const group = round.resend.slice(start, start + SENDS_AT_ONCE);
      const failed = await Promise.all(group.map((resend) => this.#resend(resend)));
      // A queue that refuses one group would only hold up the others; they are marked, and a later
      // round sends them.
      if (failed.includes(true)) break;
    }
    if (round.expired > 0) log('ledger.expired', { count: round.expired });
  }

  /**
   * Counts what has arrived, before anything else can arrive in the places that expiry has freed.
   * Counts are for people: trouble with them must not keep the watchdog from sending.
   */
  #keepCounts(): void {
    try {
      this.#arrivals.keepUp(Date.now());
    } catch (error) {
      log('ledger.uncounted', { error: platformError(error) }, 'error');
    }
  }

  /** @returns Whether it failed. */
  async #resend(resend: Resend): Promise<boolean> {
    const error = await this.#send(resend);
    const { id, type, endpoint } = resend;
    log('event.resent', { id, type, endpoint, reason: 'stuck', error }, error === undefined ? 'warn' : 'error');
    return error !== undefined;
  }

  async #replay(key: EventKey): Promise<ReplayAnswer> {
    const clock = () => Date.now();
    const record = this.#queries.get(key);
    const readable = record?.event === null ? await reread(record) : undefined;
    const { id, endpoint } = key;
    if (readable && !this.#writer.adopt(key, readable, clock())) {
      return { id, endpoint, kind: 'refused', reason: 'already_processed' };
    }
    const answer = await replay(this.#writer, readable ?? key, clock, (resend) => this.#send(resend));
    if (answer.kind === 'queued') log('event.replayed', { id, endpoint });
    return answer;
  }

  #keyOf(id: string, endpoint: string | undefined): EventKey {
    return { id, endpoint: endpoint ?? this.#store.endpointOf(id, null) };
  }

  async #rearm(next: 'at_once' | 'soon' | 'late' | 'never'): Promise<void> {
    switch (next) {
      case 'at_once':
        return this.#watchBy(Date.now() + 1_000);
      case 'soon':
        return;
      case 'late':
        return this.#setAlarm(Date.now() + REST_INTERVAL_MS);
      case 'never':
        this.#alarmAt = null;
        return this.ctx.storage.deleteAlarm();
    }
  }

  #watchSoon(): Promise<void> {
    return this.#watchBy(Date.now() + this.#watchIntervalMs);
  }

  /**
   * Makes sure that the alarm rings by `time`. Setting it costs a written row, so it is set only if
   * it must be.
   */
  async #watchBy(time: number): Promise<void> {
    const alarmAt = await this.#knownAlarm();
    if (alarmAt === null || alarmAt > time) await this.#setAlarm(time);
  }

  /**
   * Arms an alarm where there is none although there is something to watch. Whoever only reads must
   * not be kept from it by a storage that takes no alarm.
   */
  async #watchAgain(): Promise<void> {
    try {
      if ((await this.#knownAlarm()) === null && this.#store.lastSeq() > 0) await this.#watchSoon();
    } catch (error) {
      log('ledger.unwatched', { error: platformError(error) }, 'error');
    }
  }

  /** One that should have rung may have been dropped by the platform, so the storage is asked. */
  async #knownAlarm(): Promise<number | null> {
    if (this.#alarmAt === undefined || this.#alarmAt === null || this.#alarmAt < Date.now()) {
      this.#alarmAt = await this.ctx.storage.getAlarm();
    }
    return this.#alarmAt;
  }

  async #setAlarm(time: number): Promise<void> {
    await this.ctx.storage.setAlarm(time);
    this.#alarmAt = time;
  }

  /** @returns The queue's error text, or nothing where the event was taken. */
  async #send({ event, receivedAt }: Pick<Resend, 'event' | 'receivedAt'>): Promise<string | undefined> {
    const message = encodeMessage({ kind: 'event', event: JSON.parse(event) as AnyEvent, receivedAt });
    if (!message.ok) return message.failure;
    const sent = await enqueue(this.env.EVENTS, message.value);
    return sent.ok ? undefined : sent.failure.error;
  }
}
