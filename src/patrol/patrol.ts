// The object that looks after the instances: alarm, looks, and what has yet to be told. At Vast.ai
// it only reads.
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { callLedger } from '../ledger/client.ts';
import {
  PATROL_EMPTY_LOOKS,
  PATROL_INTERVAL_MS,
  PATROL_MAX_INSTANCES,
  PATROL_TIMEOUT_MS,
  PATROL_TRIES,
  SILENT_AFTER_MS,
} from '../limits.ts';
import { errorSite, log, platformError } from '../log.ts';
import { enqueue } from '../queue/enqueue.ts';
import { encodeMessage } from '../queue/message.ts';
import { fail, type Result, succeed } from '../result.ts';
import { type InstancesOptions, openInstances, type ReadInstances } from '../vast/instances.ts';
import { withTimeout } from '../with-timeout.ts';
import { type Failed, factsOf } from './conditions.ts';
import { type Condition, differences, heardFrom, type ObservedEvent, type Sighting } from './differences.ts';
import { isGone, nextPicture, type Picture } from './picture.ts';

/** What patrol knows. Each sighting and condition has a row: together they can outgrow one. */
export interface Memory extends State {
  /** What has yet to be told, the oldest first. */
  readonly sightings: readonly Sighting[];
  /** Those that are open, the oldest first. */
  readonly conditions: readonly Condition[];
}

interface State {
  /** The last complete picture; null before the first. Its `at` is when patrol last saw. */
  readonly picture: Picture | null;
  readonly failed: Failed | null;
  /** When the latest webhook that is known of arrived, or patrol began; 0 before that. */
  readonly heardAt: number;
}

type Kind = 'sighting' | 'condition';
const rowOf = (kind: Kind, created: string, id: string) => `${kind} ${created} ${id}`;
const waiting = ({ created, id }: ObservedEvent) => rowOf('sighting', created, id);
/** What a log line says of an event. */
const named = ({ id, type, endpoint }: ObservedEvent) => ({ id, type, endpoint });
const SUDDENLY_EMPTY = 'suddenly_empty';
const noLook = (error: unknown): Result<Picture, string> => fail(platformError(error));
/** Of the instances that a list leaves out, so many are asked for by their ids: one page. */
const ASKED_BY_ID = 25;

function failedAgain(before: Failed | null, reason: string, at: number): Failed {
  const alike = before?.reason === reason ? before.alike + 1 : 1;
  return { looks: (before?.looks ?? 0) + 1, alike, at, reason };
}

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
    const rows = <Row>(kind: Kind) => [...kv.list<Row>({ prefix: `${kind} ` })].map(([, row]) => row);
    // An earlier version kept the picture in a row of its own: it counts until the next look.
    const picture = kv.get<Picture>('picture') ?? null;
    const state: State = { picture, failed: null, heardAt: 0, ...kv.get<State>('state') };
    return { ...state, sightings: rows('sighting'), conditions: rows('condition') };
  }

  override async alarm(): Promise<void> {
    if (!this.env.VAST_READ_KEY) return;
    const now = Date.now();
    // Armed before anything that can fail: whatever happens below, there is a next round.
    await this.ctx.storage.setAlarm(now + PATROL_INTERVAL_MS);
    try {
      // A longer one shows no single moment, and an alarm that runs for 15 minutes is ended.
      const look = await withTimeout(this.#look(now), PATROL_INTERVAL_MS).catch(noLook);
      if (!look.ok) log('patrol.failed', { reason: look.failure }, 'warn');
      const heardAt = await this.#askLedger(now);
      try {
        this.#conclude(look, heardAt, now);
      } catch (error) {
        log('patrol.failed', { error: errorSite(error) }, 'error');
        this.#conclude(fail('unforeseen'), heardAt, now);
      }
      await this.#tell();
    } catch (error) {
      log('patrol.failed', { error: errorSite(error) }, 'error');
    }
  }

  /** A complete picture, or why there is none. */
  async #look(now: number): Promise<Result<Picture, string>> {
    if (this.#read === undefined) return fail('unusable_key_or_url');
    const list = await this.#read({ limit: PATROL_MAX_INSTANCES });
    if (!list.ok) return fail(list.failure.kind === 'status' ? `status_${list.failure.status}` : list.failure.kind);
    const { picture: before, failed } = this.memory();
    const picture = nextPicture(before, list.value, now);
    const gone = before?.seen.filter(({ instance }) => isGone(picture, instance.id)) ?? [];
    if (gone.length === 0) return succeed(picture);
    // Gone, or a mistake: believed if they are not found by their ids either.
    const ids = gone.slice(0, ASKED_BY_ID).map(({ instance }) => instance.id);
    const again = await this.#read({ limit: ASKED_BY_ID, ids });
    if (!again.ok || again.value.instances.some(({ id }) => ids.includes(id))) return fail('contradictory');
    const { alike } = failedAgain(failed, SUDDENLY_EMPTY, now);
    if (picture.total > 0 || alike >= PATROL_EMPTY_LOOKS) return succeed(picture);
    // All of them at once: where webhooks have told of each, or after an hour of it.
    const after = before ? heardFrom(before, now) : 0;
    const ends = gone.map(({ instance }) => ({ types: ['instance_deleted'], instanceId: instance.id, after }));
    const answer = await callLedger(this.env, (ledger) => ledger.heard(ends));
    return answer.ok && !answer.value.told.includes(false) ? succeed(picture) : fail(SUDDENLY_EMPTY);
  }

  /**
   * The webhook wins: a transition that one has told of by the end of the next look is dropped.
   *
   * @returns When the latest webhook arrived; undefined where nobody can say.
   */
  async #askLedger(now: number): Promise<number | undefined> {
    const { sightings, ...known } = this.memory();
    const heardAt = Math.min(known.heardAt || now, now);
    const due = sightings.filter(({ event, wait }) => {
      return wait && Math.abs(now - Date.parse(event.created)) >= PATROL_INTERVAL_MS / 2;
    });
    if (due.length === 0 && now - heardAt <= SILENT_AFTER_MS) return heardAt;
    const answer = await callLedger(this.env, (ledger) => ledger.heard(due.flatMap(({ wait }) => wait ?? [])));
    if (!answer.ok) {
      log('patrol.waits', { reason: 'ledger_unavailable', error: answer.failure }, 'warn');
      return undefined;
    }
    const { told, last } = answer.value;
    for (const [index, { event }] of due.entries()) {
      if (told[index]) log('patrol.dropped', { ...named(event), reason: 'told_by_webhook' });
      if (told[index]) this.ctx.storage.kv.delete(waiting(event));
      else this.ctx.storage.kv.put(waiting(event), { event });
    }
    return Math.max(heardAt, last ?? 0);
  }

  /** What follows from a look. One that has failed leaves the picture as it was. */
  #conclude(look: Result<Picture, string>, heardAt: number | undefined, now: number): void {
    const { kv } = this.ctx.storage;
    this.ctx.storage.transactionSync(() => {
      const before = this.memory();
      const picture = look.ok ? look.value : before.picture;
      const failed = look.ok ? null : failedAgain(before.failed, look.failure, now);
      const facts = factsOf(picture, failed, heardAt && now - heardAt);
      for (const sighting of differences(before.picture, picture, before.conditions, facts, now)) {
        const { event, wait } = sighting;
        const { condition } = event.data;
        kv.put(waiting(event), sighting);
        if (condition) kv.delete(rowOf('condition', condition.since, condition.id));
        else if (!wait) kv.put(rowOf('condition', event.created, event.id), event);
      }
      kv.put('state', { picture, failed, heardAt: heardAt ?? before.heardAt } satisfies State);
    });
  }

  /** Sends what no longer waits. What the queue does not take is sent in a later round. */
  async #tell(): Promise<void> {
    for (const { event } of this.memory().sightings.filter(({ wait }) => wait === undefined)) {
      const message = encodeMessage({ kind: 'event', event, receivedAt: Date.parse(event.created) });
      const sent = message.ok ? await enqueue(this.env.EVENTS, message.value) : message;
      if (!sent.ok) return log('patrol.waits', { ...named(event), reason: 'queue_unavailable' }, 'error');
      this.ctx.storage.kv.delete(waiting(event));
      log('patrol.told', named(event));
    }
  }
}
