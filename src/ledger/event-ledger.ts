// The Durable Object around the ledger: storage, time, alarm, and sending what is sent again.
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { LOCAL_WATCH_INTERVAL_MS, REST_INTERVAL_MS, WATCH_INTERVAL_MS } from '../limits.ts';
import { log, platformError } from '../log.ts';
import { enqueue } from '../queue/enqueue.ts';
import { encodeMessage } from '../queue/message.ts';
import { Arrivals } from './arrivals.ts';
import { type FeedPage, readFeed } from './feed.ts';
import { earliest, type Heard, type HeardQuestion, heard } from './heard.ts';
import type { BuryRequest, ClaimRequest, QuarantineRequest, Report } from './protocol.ts';
import { type EventFilter, type EventPage, type EventRecord, Queries, type Surroundings } from './queries.ts';
import { type ReplayAnswer, type ReplayStep, replay, replayMany } from './replay.ts';
import { migrate } from './schema.ts';
import { countEvents, type Stats } from './stats.ts';
import { type EventKey, Store } from './store.ts';
import { placesOf } from './tally.ts';
import { askToTell, noteTold, type TellRequest } from './told.ts';
import { type Resend, type Round, stuckAfterMs, watch } from './watchdog.ts';
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
  /** When the alarm will ring, as far as this instance knows. */
  #alarmAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    migrate(sql, this.#transaction);
    // A local queue forgets its messages at every restart: a local watchdog does not wait for them.
    this.#watchIntervalMs = env.LOCAL_DEV ? LOCAL_WATCH_INTERVAL_MS : WATCH_INTERVAL_MS;
    this.#stuckAfterMs = stuckAfterMs(env);
    this.#store = new Store(sql);
    this.#writer = new Writer(this.#store, this.#transaction, this.#stuckAfterMs);
    this.#queries = new Queries(sql, this.#store);
    this.#arrivals = new Arrivals(sql);
    // The platform drops an alarm that has failed seven times. Each start of the object arms it.
    void ctx.blockConcurrencyWhile(() => this.#watchAgain());
  }

  async claim(claim: string, requests: readonly ClaimRequest[]) {
    await this.#watchSoon();
    const answers = this.#writer.claim(claim, requests, Date.now());
    this.#arrivals.addDuplicates(answers.filter(({ kind }) => kind === 'duplicate').length);
    return answers;
  }

  async settle(claim: string, reports: readonly Report[]) {
    await this.#watchSoon();
    return this.#writer.settle(claim, reports, Date.now());
  }

  /** @param claim Names the call; an older Worker names none. */
  async bury(requests: readonly BuryRequest[], claim: string = crypto.randomUUID()) {
    await this.#watchSoon();
    return this.#writer.bury(claim, requests, Date.now());
  }

  async quarantine(requests: readonly QuarantineRequest[]) {
    await this.#watchBy(Date.now() + REST_INTERVAL_MS);
    return this.#writer.quarantine(requests, Date.now());
  }

  async askToTell(request: TellRequest) {
    return askToTell(this.ctx.storage.sql, request, Date.now());
  }

  async noteTold(request: TellRequest, reached: readonly string[]) {
    noteTold(this.ctx.storage.sql, request, reached, Date.now());
  }

  /** @param endpoint Of all of them; an older Worker names none. */
  async replay(ids: readonly string[], endpoint?: string): Promise<ReplayAnswer[]> {
    await this.#watchSoon();
    const answers: ReplayAnswer[] = [];
    for (const id of ids) answers.push(await this.#replay(this.#store.keyOf(id, endpoint, null)));
    return answers;
  }

  async replayMany(filter: EventFilter, cursor: number | null, limit: number): Promise<ReplayStep> {
    await this.#watchSoon();
    return replayMany(await this.list(filter, cursor, limit), (key) => this.#replay(key));
  }

  /** @param endpoint An older Worker names none. */
  async get(id: string, endpoint?: string): Promise<EventRecord | null> {
    await this.#watchAgain();
    return this.#queries.get(this.#store.keyOf(id, endpoint, null));
  }

  async around(id: string, endpoint: string): Promise<Surroundings | null> {
    const record = this.#queries.get({ id, endpoint });
    return record && this.#queries.around(record);
  }

  /** @param counted How far matches are counted beyond the page; an older Worker counts none. */
  async list(filter: EventFilter, cursor: number | null, limit: number, counted?: number): Promise<EventPage> {
    await this.#watchAgain();
    if (!filter.from && !filter.to) return this.#queries.list(filter, cursor, limit, counted);
    await this.#arrivals.update(Date.now());
    const [from, to] = [Date.parse(filter.from || '1970'), Date.parse(filter.to || '9999')];
    const within = placesOf(this.#arrivals.counted.spans, from, to, Date.now());
    return this.#queries.list(filter, cursor, limit, counted, within);
  }

  async feed(after: number, limit: number): Promise<FeedPage | null> {
    await this.#watchAgain();
    return readFeed(this.ctx.storage.sql, this.#store, after, limit);
  }

  async heard(questions: readonly HeardQuestion[]): Promise<Heard> {
    await this.#watchAgain();
    const now = Date.now();
    await this.#arrivals.update(now);
    const { spans, lastReceivedAt: last } = this.#arrivals.counted;
    const { first } = placesOf(spans, earliest(questions), now + 1, now);
    return { told: heard(this.ctx.storage.sql, questions, first), last };
  }

  async stats(): Promise<Stats> {
    await this.#watchAgain();
    return countEvents(this.ctx.storage.sql, this.#arrivals, Date.now());
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    // Armed before anything that can fail: whatever happens below, there is a next round.
    await this.#watchSoon();
    const round = watch(this.#store, this.#transaction, Date.now(), this.#stuckAfterMs, this.#watchIntervalMs);
    this.#keepCounts();
    await this.#rearm(round.next);
    for (let start = 0; start < round.resend.length; start += SENDS_AT_ONCE) {
      const group = round.resend.slice(start, start + SENDS_AT_ONCE);
      const failed = await Promise.all(group.map((resend) => this.#resend(resend)));
      // A queue that refuses one group refuses the rest. They are marked: a later round sends them.
      if (failed.includes(true)) break;
    }
    if (round.expired > 0) log('ledger.expired', { count: round.expired });
  }

  /** Follows expiry without a wait. Trouble with counts must not keep the watchdog from sending. */
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

  #replay(key: EventKey): Promise<ReplayAnswer> {
    return replay(this.#queries, this.#writer, key, (event) => this.#send(event));
  }

  #rearm(next: Round['next']): Promise<void> {
    if (next !== null) return this.#setAlarm(next);
    this.#alarmAt = null;
    return this.ctx.storage.deleteAlarm();
  }

  /** Before anything new can be stuck; sooner where the alarm is missing: something may be. */
  async #watchSoon(): Promise<void> {
    const missing = (await this.#knownAlarm()) === null;
    return this.#watchBy(Date.now() + (missing ? this.#watchIntervalMs : this.#stuckAfterMs));
  }

  /** Makes sure that the alarm rings by `time`. Sets it only if it must: setting writes a row. */
  async #watchBy(time: number): Promise<void> {
    const alarmAt = await this.#knownAlarm();
    if (alarmAt === null || alarmAt > time) await this.#setAlarm(time);
  }

  /** Arms a missing alarm. A storage that takes none must not keep anybody from reading. */
  async #watchAgain(): Promise<void> {
    try {
      if ((await this.#knownAlarm()) === null && this.#store.lastSeq() > 0) await this.#watchSoon();
    } catch (error) {
      log('ledger.unwatched', { error: platformError(error) }, 'error');
    }
  }

  /** Asks the storage about an alarm that should have rung: the platform may have dropped it. */
  async #knownAlarm(): Promise<number | null> {
    if ((this.#alarmAt ?? 0) < Date.now()) this.#alarmAt = await this.ctx.storage.getAlarm();
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
