// Vast.ai as documented: signs, sends, gives up for good on most 4xx, tries again on 5xx and
// time-outs. And a stranger beside it, who forges, and who resends what he has captured.

import type { ReceiveDeps } from '../../src/edge/deps.ts';
import { answerTo } from '../../src/edge/outcome.ts';
import { receive } from '../../src/edge/receive.ts';
import { SeenIds } from '../../src/edge/seen-ids.ts';
import type { Env } from '../../src/env.ts';
import { sampleOf } from '../../src/event/samples.ts';
import { hexFromBytes } from '../../src/signature/hex.ts';
import { schemes } from '../../src/signature/schemes.ts';
import { type Key, keyOf } from './adapter.ts';
import type { Actor, Platform } from './platform.ts';
import { hmac } from './virtual-time.ts';

/**
 * Two endpoints, each with a secret of its own: whoever holds one of them must not reach the
 * other's events.
 */
const SECRETS = { default: 'simulated-secret', host: 'secret-of-the-host' } as const;
export type Endpoint = keyof typeof SECRETS;
const PROVIDER_TIMEOUT_MS = 10_000;
const MAX_DELIVERIES = 6;

/** One HTTP request's worth of delivery. */
interface Delivery {
  readonly id: string;
  readonly endpoint: Endpoint;
  /** Which of several bodies under one id. */
  readonly body: string;
  /** Seconds since the epoch, signed. */
  readonly timestamp: number;
  readonly headerId: string;
  readonly genuine: boolean;
}

/** What the provider has been told about an event, and what it sent. */
export interface Told {
  /** Answered 2xx at least once: from here on it is ours to lose. */
  accepted: boolean;
  /** Sent at least once within the tolerance and with a genuine signature. */
  fresh: boolean;
  /** Refused with 4xx although genuine, so that it must have been kept. */
  refusedGenuine: boolean;
  forged: boolean;
}

export class ModelProvider {
  readonly told = new Map<Key, Told>();
  readonly requests: Actor[] = [];
  /** Told of an error that the edge did not foresee. */
  onCrash: (error: Error) => void = () => {};
  /** Whether KV may hold an event's mark. */
  isMarked: (key: Key) => boolean = () => false;
  /** What the ledger remembered once. */
  readonly #forgotten = new Set<Key>();
  readonly #platform: Platform;
  readonly #envFor: (actor: Actor) => Env;
  #sent = 0;
  #open = 0;

  constructor(platform: Platform, envFor: (actor: Actor) => Env) {
    this.#platform = platform;
    this.#envFor = envFor;
  }

  /** A new event, sent in one or several copies at once. */
  announce(id: string, endpoint: Endpoint = 'default'): void {
    const timestamp = Math.floor(this.#platform.time.now / 1_000);
    const delivery = { id, endpoint, body: endpoint, timestamp, headerId: id, genuine: true };
    for (let copies = 1 + this.#platform.choices.below(3); copies > 0; copies -= 1) this.#deliver(delivery, 1);
  }

  /**
   * A late copy of a known event: as captured (stale after five minutes), or signed anew, under its
   * own or another header id.
   */
  resend(id: string): void {
    const { choices, time } = this.#platform;
    const age = choices.pick([0, 0, 301, 86_400]);
    const timestamp = Math.floor(time.now / 1_000) - age;
    const headerId = choices.chance(50) ? `other-${id}` : id;
    // Vast.ai reserves the right to send another body under the same id.
    const body = choices.chance(30) ? 'changed' : 'default';
    this.#deliver({ id, endpoint: 'default', body, timestamp, headerId, genuine: true }, 1);
  }

  /** A delivery that only its sender believes in. */
  forge(id: string): void {
    const timestamp = Math.floor(this.#platform.time.now / 1_000);
    this.#deliver({ id, endpoint: 'default', body: 'forged', timestamp, headerId: id, genuine: false }, 1);
  }

  /** Whether it still waits for an answer or means to try again. */
  get waiting(): boolean {
    return this.#open > 0;
  }

  toldOf(id: Key): Told {
    const told = this.told.get(id) ?? { accepted: false, fresh: false, refusedGenuine: false, forged: false };
    this.told.set(id, told);
    return told;
  }

  /**
   * The ledger has forgotten an event: from here on it is a new one, which a message that still
   * waits in a queue may begin.
   */
  forget(key: Key, isQueued: boolean): void {
    this.#forgotten.add(key);
    const fresh = isQueued && this.toldOf(key).fresh;
    this.told.delete(key);
    if (fresh) this.toldOf(key).fresh = true;
  }

  /**
   * A mark in KV, which each accepted copy renews, may outlive the row of an event that was handled
   * long ago: its copies are known, and not kept.
   */
  #outlived(key: Key): boolean {
    return this.#forgotten.has(key) && this.isMarked(key);
  }

  #deliver(delivery: Delivery, attempt: number): void {
    const { time } = this.#platform;
    this.#sent += 1;
    const key = keyOf(delivery);
    const actor = this.#platform.actor(`request ${this.#sent} (${key}#${attempt})`);
    this.requests.push(actor);
    const told = this.toldOf(key);
    const now = Math.floor((time.now + (actor.skewMs ?? 0)) / 1_000);
    const fresh = Math.abs(now - delivery.timestamp) <= 300;
    if (delivery.genuine && fresh) told.fresh = true;
    if (!delivery.genuine) told.forged = true;

    let answered = false;
    this.#open += 1;
    const hear = (status: number) => {
      if (answered) return;
      answered = true;
      time.cancel(expiry);
      this.#platform.note(`${actor.name} is answered ${status}`);
      // A copy of what was handled long ago is answered like any other, and nothing is kept of it.
      if (status === 200 && !this.#outlived(key)) told.accepted = true;
      const refused = delivery.genuine && status >= 400 && status < 500;
      if (refused && !this.#outlived(key)) this.toldOf(key).refusedGenuine = true;
      if (status >= 500 && attempt < MAX_DELIVERIES) {
        // Whether a retry is signed anew is unknown: this provider re-signs every second time.
        const timestamp = attempt % 2 === 0 ? Math.floor(time.now / 1_000) : delivery.timestamp;
        this.#open += 1;
        time.at(time.now + 30_000 * 2 ** attempt, () => {
          this.#open -= 1;
          this.#deliver({ ...delivery, timestamp }, attempt + 1);
        });
      }
      this.#open -= 1;
    };
    const expiry = time.at(time.now + PROVIDER_TIMEOUT_MS, () => hear(599));
    // Of a request that died nothing is heard but silence.
    this.#platform
      .by(actor, () => this.#post(delivery, actor))
      .then(
        (status) => actor.alive && hear(status),
        (error: Error) => {
          if (!actor.alive) return;
          this.onCrash(error);
          hear(500);
        },
      );
  }

  async #post(delivery: Delivery, actor: Actor): Promise<number> {
    const secret = SECRETS[delivery.endpoint];
    const body = new TextEncoder().encode(
      sampleOf('outbid', { id: delivery.id, now: this.#platform.time.now, data: { body: delivery.body } }).body,
    );
    const timestamp = String(delivery.timestamp);
    const mac = hmac(
      Buffer.from(delivery.genuine ? secret : 'guessed'),
      Buffer.concat([Buffer.from(`${timestamp}.`), body]),
    );
    const headers = new Headers({
      'content-length': String(body.length),
      [schemes.notification.signatureHeader]: `sha256=${hexFromBytes(mac)}`,
      [schemes.notification.timestampHeader]: timestamp,
      'X-Vast-Event-Id': delivery.headerId,
    });
    const request = { headers, body: {}, arrayBuffer: async () => body.buffer } as unknown as Request;
    const env = this.#envFor(actor);
    const deps: ReceiveDeps = {
      events: env.EVENTS,
      deadLetters: env.DEAD_LETTERS,
      seen: new SeenIds(env.SEEN, delivery.endpoint),
      lateEvents: 'keep',
      endpoint: delivery.endpoint,
      secrets: [secret],
      rotating: false,
      clock: () => this.#platform.time.now + (actor.skewMs ?? 0),
      waitUntil: (work) => void work.catch(() => {}),
    };
    return answerTo(await receive(request, deps)).status;
  }
}
