// The Durable Object around the ledger: gives it storage, the time and the alarm, and sends what must be sent again.
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import type { AnyEvent } from '../event/envelope.ts';
import { REST_INTERVAL_MS, WATCH_INTERVAL_MS } from '../limits.ts';
import { log, platformError } from '../log.ts';
import { enqueue } from '../queue/enqueue.ts';
import { encodeMessage } from '../queue/message.ts';
import { Arrivals } from './arrivals.ts';
import type { BuryAnswer, BuryRequest, ClaimAnswer, ClaimRequest, QuarantineRequest, Report } from './protocol.ts';
import { type EventFilter, type EventPage, type EventRecord, Queries } from './queries.ts';
import { type ReplayAnswer, replay } from './replay.ts';
import { type ReplayStep, replayMany } from './replay-many.ts';
import { migrate } from './schema.ts';
import { countEvents, type Stats } from './stats.ts';
import { Store } from './store.ts';
import { type Resend, watch } from './watchdog.ts';
import { Ledger } from './writer.ts';

/** Messages that the watchdog sends side by side. */
const SENDS_AT_ONCE = 20;

export class EventLedger extends DurableObject<Env> {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #queries: Queries;
  readonly #arrivals: Arrivals;
  readonly #transaction = <Value>(work: () => Value): Value => this.ctx.storage.transactionSync(work);
  /** When the alarm will ring, as far as this instance knows; undefined until it has looked. */
  #alarmAt: number | null | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    migrate(sql, this.#transaction);
    this.#store = new Store(sql);
    this.#ledger = new Ledger(this.#store, this.#transaction);
    this.#queries = new Queries(sql, this.#store);
    this.#arrivals = new Arrivals(sql);
  }

  async claim(claim: string, requests: readonly ClaimRequest[]): Promise<ClaimAnswer[]> {
    const answers = this.#ledger.claim(claim, requests, Date.now());
    await this.#watchBy(Date.now() + WATCH_INTERVAL_MS);
    return answers;
  }

  settle(claim: string, reports: readonly Report[]): boolean[] {
    return this.#ledger.settle(claim, reports, Date.now());
  }

  bury(requests: readonly BuryRequest[]): BuryAnswer[] {
    return this.#ledger.bury(requests, Date.now());
  }

  async quarantine(requests: readonly QuarantineRequest[]): Promise<void> {
    this.#ledger.quarantine(requests, Date.now());
    await this.#watchBy(Date.now() + REST_INTERVAL_MS);
  }

  /** Runs events again, each as `replay.ts` says. */
  async replay(ids: readonly string[]): Promise<ReplayAnswer[]> {
    const answers: ReplayAnswer[] = [];
    for (const id of ids) answers.push(await this.#replay(id));
    await this.#watchBy(Date.now() + WATCH_INTERVAL_MS);
    return answers;
  }

  /** Runs what matches again, one bounded step per call: see `replay-many.ts`. */
  async replayMany(filter: EventFilter, cursor: number | null, limit: number): Promise<ReplayStep> {
    const step = await replayMany(this.#queries, filter, cursor, limit, (id) => this.#replay(id));
    await this.#watchBy(Date.now() + WATCH_INTERVAL_MS);
    return step;
  }

  get(id: string): EventRecord | null {
    return this.#queries.get(id);
  }

  list(filter: EventFilter, cursor: number | null, limit: number): EventPage {
    return this.#queries.list(filter, cursor, limit);
  }

  stats(): Promise<Stats> {
    return countEvents(this.ctx.storage.sql, this.#arrivals, Date.now());
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    const round = watch(this.#store, this.#transaction, Date.now());
    this.#keepCounts();
    // Armed before anything is sent: whatever fails below, there is a next round.
    await this.#rearm(round.next);
    for (let start = 0; start < round.resend.length; start += SENDS_AT_ONCE) {
      const group = round.resend.slice(start, start + SENDS_AT_ONCE);
      const failed = await Promise.all(group.map((resend) => this.#resend(resend)));
      // A queue that refuses one group would only hold up the others; they are marked, and a later round sends them.
      if (failed.includes(true)) break;
    }
    if (round.expired > 0) log('ledger.expired', { count: round.expired });
  }

  /**
   * Counts what has arrived, before anything else can arrive in the places that expiry has freed. Counts are for people:
   * trouble with them must not keep the watchdog from sending.
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

  async #replay(id: string): Promise<ReplayAnswer> {
    const answer = await replay(
      this.#ledger,
      id,
      () => Date.now(),
      (resend) => this.#send(resend),
    );
    if (answer.kind === 'queued') log('event.replayed', { id });
    return answer;
  }

  async #rearm(next: 'at_once' | 'soon' | 'late' | 'never'): Promise<void> {
    switch (next) {
      case 'at_once':
        return this.#watchBy(Date.now() + 1_000);
      case 'soon':
        return this.#watchBy(Date.now() + WATCH_INTERVAL_MS);
      case 'late':
        return this.#watchBy(Date.now() + REST_INTERVAL_MS);
      case 'never':
        return;
    }
  }

  /** Makes sure that the alarm rings by `time`. Setting it costs a written row, so it is set only if it must be. */
  async #watchBy(time: number): Promise<void> {
    if (this.#alarmAt === undefined) this.#alarmAt = await this.ctx.storage.getAlarm();
    if (this.#alarmAt !== null && this.#alarmAt <= time) return;
    this.#alarmAt = time;
    await this.ctx.storage.setAlarm(time);
  }

  /** @returns The queue's error text, or nothing where the event was taken. */
  async #send({ event, receivedAt }: Pick<Resend, 'event' | 'receivedAt'>): Promise<string | undefined> {
    const message = encodeMessage({ kind: 'event', event: JSON.parse(event) as AnyEvent, receivedAt });
    if (!message.ok) return message.failure;
    const sent = await enqueue(this.env.EVENTS, message.value);
    return sent.ok ? undefined : sent.failure.error;
  }
}
