// The object that looks after the instances: alarm, looks, and what has yet to be told. At Vast.ai
// it only reads. What a look shows and what follows from it is written in one transaction.
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
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
import { accountFact, type Condition, type Fact, judge } from './conditions.ts';
import { accountOf, differences, type Sighting } from './differences.ts';
import type { Picture } from './picture.ts';

/** What patrol knows, in three values of its storage. Times are milliseconds since the epoch. */
export interface Memory {
  /** The last complete picture; null before the first. Its `at` is when patrol last saw. */
  readonly picture: Picture | null;
  readonly sightings: readonly Sighting[];
  readonly notes: {
    /** Open ones, and the latest that have ended. */
    readonly conditions: readonly Condition[];
    /** Looks that have failed since then. */
    readonly failures: number;
    readonly lastFailure: { readonly at: number; readonly reason: string } | null;
    /** Whether the last list was empty all of a sudden, so that another must say so, too. */
    readonly isDoubted: boolean;
    /** When the latest webhook that is known of arrived, or patrol began; 0 before that. */
    readonly heardAt: number;
  };
}

const NOTHING: Memory['notes'] = { conditions: [], failures: 0, lastFailure: null, isDoubted: false, heardAt: 0 };
/** Messages sent side by side. */
const SENDS_AT_ONCE = 20;
/** Of the instances that an empty list leaves out, so many are asked for by their ids: one page. */
const ASKED_BY_ID = 25;

export class Patrol extends DurableObject<Env> {
  readonly #read: ReadInstances | undefined;

  /** @param options In place of the platform's clock and network, for tests. */
  constructor(ctx: DurableObjectState, env: Env, options: InstancesOptions = {}) {
    super(ctx, env);
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

  memory(): Memory {
    const { kv } = this.ctx.storage;
    return {
      picture: kv.get('picture') ?? null,
      sightings: kv.get('sightings') ?? [],
      notes: kv.get('notes') ?? NOTHING,
    };
  }

  override async alarm(): Promise<void> {
    if (!this.env.VAST_READ_KEY) return;
    const now = Date.now();
    // Armed before anything that can fail: whatever happens below, there is a next round.
    await this.ctx.storage.setAlarm(now + PATROL_INTERVAL_MS);
    try {
      const list = await this.#look();
      if (!list.ok) log('patrol.failed', { reason: list.failure }, 'warn');
      this.#conclude(list, now);
      await this.#askLedger(now);
      await this.#tell();
    } catch (error) {
      log('patrol.failed', { error: errorSite(error) }, 'error');
    }
  }

  /** A complete list, or why there is none. */
  async #look(): Promise<Result<InstanceList, string>> {
    if (this.#read === undefined) return fail('unusable_key_or_url');
    const list = await this.#read({ limit: PATROL_MAX_INSTANCES });
    if (!list.ok) return fail('status' in list.failure ? `status_${list.failure.status}` : list.failure.kind);
    const { picture, notes } = this.memory();
    const ids = picture?.seen.slice(0, ASKED_BY_ID).map(({ instance }) => instance.id) ?? [];
    if (list.value.instances.length > 0 || ids.length === 0) return list;
    // All gone at once, or a mistake: believed when they are not found by their ids either, twice.
    const again = await this.#read({ limit: ASKED_BY_ID, ids });
    if (!again.ok || again.value.total > 0) return fail('contradictory');
    return notes.isDoubted ? list : fail('suddenly_empty');
  }

  /** What follows from a look. One that has failed says nothing but that. */
  #conclude(list: Result<InstanceList, string>, now: number): void {
    this.#change(({ picture, sightings, notes }) => {
      const nothing = { picture, conditions: notes.conditions, sightings: [] };
      const found = list.ok ? differences(picture, list.value, notes.conditions, now) : nothing;
      const failures = list.ok ? 0 : notes.failures + 1;
      const reason = list.ok ? '' : list.failure;
      const next = {
        conditions: found.conditions,
        failures,
        lastFailure: list.ok ? notes.lastFailure : { at: now, reason },
        isDoubted: reason === 'suddenly_empty',
        heardAt: notes.heardAt || now,
      };
      const isBlind = list.ok ? false : failures >= PATROL_BLIND_AFTER || null;
      const why = `Several looks in a row have failed (${reason}). It concludes nothing until one succeeds.`;
      const blind = accountFact('observed.blind', isBlind, accountOf(found.picture), why);
      return judged({ picture: found.picture, sightings: [...sightings, ...found.sightings], notes: next }, blind, now);
    });
  }

  /** The webhook wins: a transition that one has told of by the end of the next look is dropped. */
  async #askLedger(now: number): Promise<void> {
    const memory = this.memory();
    const waits = memory.sightings.flatMap(({ event: { id }, wait }) =>
      wait && Math.abs(now - wait.seenAt) >= PATROL_INTERVAL_MS / 2 ? [{ id, ...wait }] : [],
    );
    if (waits.length === 0 && now - memory.notes.heardAt <= PATROL_SILENCE_MS) return;
    const answer = await callLedger(this.env, (ledger) => ledger.heard(waits));
    if (!answer.ok) return log('patrol.waits', { reason: 'ledger_unavailable', error: answer.failure }, 'warn');
    const told = new Map(waits.map(({ id }, index) => [id, answer.value.told[index]]));
    this.#change(({ picture, sightings, notes }) => {
      const left = sightings.flatMap((sighting) => {
        const { id, type, endpoint } = sighting.event;
        if (told.get(id)) log('patrol.dropped', { id, type, endpoint, reason: 'told_by_webhook' });
        return told.has(id) ? (told.get(id) ? [] : [{ event: sighting.event }]) : [sighting];
      });
      const heardAt = Math.max(notes.heardAt, answer.value.last ?? 0);
      const account = accountOf(picture);
      const isSilent = now - heardAt > PATROL_SILENCE_MS && (account.instances ?? 0) > 0;
      const why = 'Is the webhook still registered? `npm run vast -- doctor` looks.';
      const silence = accountFact('observed.silence', isSilent, account, why);
      return judged({ picture, sightings: left, notes: { ...notes, heardAt } }, silence, now);
    });
  }

  /** Sends what no longer waits. What the queue does not take is sent in a later round. */
  async #tell(): Promise<void> {
    const ready = this.memory().sightings.filter(({ wait }) => wait === undefined);
    for (let start = 0; start < ready.length; start += SENDS_AT_ONCE) {
      const group = ready.slice(start, start + SENDS_AT_ONCE);
      const sent = await Promise.all(group.map((sighting) => this.#send(sighting)));
      const taken = new Set(sent.filter((id) => id !== undefined));
      const toldAt = Date.now();
      this.#change(({ picture, sightings, notes }) => {
        const conditions = notes.conditions.map((one) => (taken.has(one.id) ? { ...one, toldAt } : one));
        const left = sightings.filter(({ event }) => !taken.has(event.id));
        return { picture, sightings: left, notes: { ...notes, conditions } };
      });
      if (taken.size < group.length) break;
    }
  }

  /** @returns The event's id, once the queue has it. */
  async #send({ event }: Sighting): Promise<string | undefined> {
    const { id, type, endpoint } = event;
    const message = encodeMessage({ kind: 'event', event, receivedAt: Date.parse(event.created) });
    const sent = message.ok ? await enqueue(this.env.EVENTS, message.value) : message;
    if (sent.ok) log('patrol.told', { id, type, endpoint });
    else log('patrol.waits', { id, type, endpoint, reason: 'queue_unavailable' }, 'error');
    return sent.ok ? id : undefined;
  }

  /** One transaction. What is as it was is not written. */
  #change(work: (memory: Memory) => Memory): void {
    this.ctx.storage.transactionSync(() => {
      const before = this.memory();
      for (const [name, value] of Object.entries(work(before))) {
        const isNew = JSON.stringify(value) !== JSON.stringify(before[name as keyof Memory]);
        if (isNew) this.ctx.storage.kv.put(name, value);
      }
    });
  }
}

function judged({ picture, sightings, notes }: Memory, fact: Fact, now: number): Memory {
  const { conditions, events } = judge(notes.conditions, [fact], now);
  const more = events.map((event) => ({ event }));
  return { picture, sightings: [...sightings, ...more], notes: { ...notes, conditions } };
}
