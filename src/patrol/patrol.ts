// The Durable Object that looks after the instances: alarm, looks, and what has yet to be told. It
// only reads at Vast.ai. What a look shows and what follows from it is written in one transaction.
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import type { AccountSummary } from '../event/observed.ts';
import { callLedger } from '../ledger/client.ts';
import {
  PATROL_BLIND_AFTER,
  PATROL_INTERVAL_MS,
  PATROL_MAX_INSTANCES,
  PATROL_SILENCE_MS,
  PATROL_TIMEOUT_MS,
  PATROL_TRIES,
} from '../limits.ts';
import { errorSite, log, platformError } from '../log.ts';
import { enqueue } from '../queue/enqueue.ts';
import { encodeMessage } from '../queue/message.ts';
import { fail, type Result } from '../result.ts';
import { type InstanceList, type InstancesOptions, openInstances, type ReadInstances } from '../vast/instances.ts';
import { judge } from './conditions.ts';
import { burnOf, differences } from './differences.ts';
import { Memory, type Notes, type Sighting } from './memory.ts';
import type { Picture } from './picture.ts';

/** What patrol knows. Times are milliseconds since the epoch. */
export interface PatrolView extends AccountSummary, Pick<Notes, 'conditions' | 'failures' | 'lastFailure'> {
  /** The last complete picture; null before the first. Its `at` is when patrol last looked. */
  readonly picture: Picture | null;
}

/** Messages sent side by side. */
const SENDS_AT_ONCE = 20;
/** Of the instances that an empty list leaves out, so many are asked for by their ids: one page. */
const ASKED_BY_ID = 25;

export class Patrol extends DurableObject<Env> {
  readonly #memory: Memory;
  readonly #read: ReadInstances | undefined;

  /** @param options In place of the platform's clock and network, for tests. */
  constructor(ctx: DurableObjectState, env: Env, options: InstancesOptions = {}) {
    super(ctx, env);
    this.#memory = new Memory(ctx.storage);
    this.#read = openInstances(env, { timeoutMs: PATROL_TIMEOUT_MS, maxTries: PATROL_TRIES, ...options });
    // The platform drops an alarm that has failed seven times. Each start of the object arms it.
    void ctx.blockConcurrencyWhile(() => this.wake());
  }

  /** Makes sure that an alarm rings: none may be set, or one that a clock has put out of reach. */
  async wake(): Promise<void> {
    if (!this.env.VAST_READ_KEY) return;
    try {
      const at = await this.ctx.storage.getAlarm();
      const now = Date.now();
      if (at === null || Math.abs(at - now) > PATROL_INTERVAL_MS) await this.ctx.storage.setAlarm(now);
    } catch (error) {
      log('patrol.unwatched', { error: platformError(error) }, 'error');
    }
  }

  view(): PatrolView {
    const picture = this.#memory.picture();
    const { conditions, failures, lastFailure } = this.#memory.notes();
    return { picture, ...accountOf(picture), conditions, failures, lastFailure };
  }

  override async alarm(): Promise<void> {
    if (!this.env.VAST_READ_KEY) return;
    const now = Date.now();
    // Armed before anything that can fail: whatever happens below, there is a next round.
    await this.ctx.storage.setAlarm(now + PATROL_INTERVAL_MS);
    try {
      const before = this.#memory.picture();
      const list = await this.#look(before);
      if (!list.ok) log('patrol.failed', { reason: list.failure }, 'warn');
      this.#conclude(before, list, now);
      await this.#askLedger(now);
      await this.#tell();
    } catch (error) {
      log('patrol.failed', { error: errorSite(error) }, 'error');
    }
  }

  /** A complete list, or why there is none. */
  async #look(before: Picture | null): Promise<Result<InstanceList, string>> {
    if (this.#read === undefined) return fail('unusable_key_or_url');
    const list = await this.#read({ limit: PATROL_MAX_INSTANCES });
    if (!list.ok) return fail('status' in list.failure ? `status_${list.failure.status}` : list.failure.kind);
    const ids = before?.seen.slice(0, ASKED_BY_ID).map(({ instance }) => instance.id) ?? [];
    if (list.value.instances.length > 0 || ids.length === 0) return list;
    // All gone at once, or a mistake: believed when they are not found by their ids either, twice.
    const again = await this.#read({ limit: ASKED_BY_ID, ids });
    if (!again.ok || again.value.total > 0) return fail('contradictory');
    return this.#memory.notes().isDoubted ? list : fail('suddenly_empty');
  }

  /** What follows from a look. One that has failed says nothing but that. */
  #conclude(before: Picture | null, list: Result<InstanceList, string>, now: number): void {
    this.#memory.change((notes) => {
      const found = list.ok ? differences(before, list.value, notes.conditions, now) : undefined;
      if (found) this.#memory.setPicture(found.picture);
      for (const { event, ...wait } of found?.transitions ?? []) {
        this.#memory.setSighting({ event, wait: { ...wait, seenAt: now } });
      }
      const failures = list.ok ? 0 : notes.failures + 1;
      const holds = list.ok ? false : failures >= PATROL_BLIND_AFTER || null;
      const why = list.ok ? '' : list.failure;
      const account = accountOf(found?.picture ?? before);
      const blind = judge(
        found?.conditions ?? notes.conditions,
        [{ type: 'observed.blind', account, why, holds }],
        now,
      );
      for (const event of [...(found?.events ?? []), ...blind.events]) this.#memory.setSighting({ event });
      return {
        conditions: blind.conditions,
        failures,
        lastFailure: list.ok ? notes.lastFailure : { at: now, reason: list.failure },
        isDoubted: !list.ok && list.failure === 'suddenly_empty',
        heardAt: notes.heardAt || now,
      };
    });
  }

  /** The webhook wins: a transition that one has told of by the end of the next look is dropped. */
  async #askLedger(now: number): Promise<void> {
    const isDue = ({ wait }: Sighting) => wait && Math.abs(now - wait.seenAt) >= PATROL_INTERVAL_MS / 2;
    const due = this.#memory.sightings().filter(isDue);
    const isSilent = now - this.#memory.notes().heardAt > PATROL_SILENCE_MS;
    if (due.length === 0 && !isSilent) return;
    const waits = due.flatMap(({ wait }) => wait ?? []);
    const answer = await callLedger(this.env, (ledger) => ledger.heard(waits));
    if (!answer.ok) return log('patrol.waits', { reason: 'ledger_unavailable', error: answer.failure }, 'warn');
    const { told, last } = answer.value;
    this.#memory.change((notes) => {
      for (const [index, { event }] of due.entries()) {
        const { id, type, endpoint } = event;
        if (told[index]) log('patrol.dropped', { id, type, endpoint, reason: 'told_by_webhook' });
        if (told[index]) this.#memory.forget(id);
        else this.#memory.setSighting({ event });
      }
      const heardAt = Math.max(notes.heardAt, last ?? 0);
      const account = accountOf(this.#memory.picture());
      const holds = now - heardAt > PATROL_SILENCE_MS && (account.instances ?? 0) > 0;
      const why = 'more than a week ago';
      const { conditions, events } = judge(notes.conditions, [{ type: 'observed.silence', account, why, holds }], now);
      for (const event of events) this.#memory.setSighting({ event });
      return { ...notes, heardAt, conditions };
    });
  }

  /** Sends what no longer waits. What the queue does not take is sent in a later round. */
  async #tell(): Promise<void> {
    const ready = this.#memory.sightings().filter(({ wait }) => wait === undefined);
    for (let start = 0; start < ready.length; start += SENDS_AT_ONCE) {
      const group = ready.slice(start, start + SENDS_AT_ONCE);
      const sent = await Promise.all(group.map((sighting) => this.#send(sighting)));
      if (sent.includes(false)) break;
    }
  }

  /** @returns Whether the queue has it. */
  async #send({ event }: Sighting): Promise<boolean> {
    const { id, type, endpoint } = event;
    const message = encodeMessage({ kind: 'event', event, receivedAt: Date.parse(event.created) });
    const sent = message.ok ? await enqueue(this.env.EVENTS, message.value) : message;
    if (!sent.ok) {
      const error = typeof sent.failure === 'string' ? sent.failure : sent.failure.error;
      log('patrol.waits', { id, type, endpoint, reason: 'queue_unavailable', error }, 'error');
      return false;
    }
    log('patrol.told', { id, type, endpoint });
    this.#memory.change((notes) => {
      this.#memory.forget(id);
      const toldAt = Date.now();
      const conditions = notes.conditions.map((condition) =>
        condition.id === id ? { ...condition, toldAt } : condition,
      );
      return { ...notes, conditions };
    });
    return true;
  }
}

function accountOf(picture: Picture | null): AccountSummary {
  return picture
    ? { instances: picture.total, dollarsPerHour: burnOf(picture).dollarsPerHour }
    : { instances: null, dollarsPerHour: null };
}
