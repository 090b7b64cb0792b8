// An account at Vast.ai, its webhooks, and the real Worker with the real Patrol, in virtual time.
// Whoever plays moves decides what happens and when; the accounts below say what was to be told.
import type { AnyEvent } from '../../src/event/envelope.ts';
import { PATROL_EMPTY_LOOKS, PATROL_INTERVAL_MS } from '../../src/limits.ts';
import { decodeMessage } from '../../src/queue/message.ts';
import { schemes } from '../../src/signature/schemes.ts';
import { signDelivery } from '../../src/signature/sign.ts';
import { Deployment } from '../platform/deployment.ts';
import { LocalPatrol } from '../platform/local-patrol.ts';
import type { Runtime } from '../platform/runtime.ts';
import { READ_KEY, VastAccount } from '../platform/vast-account.ts';
import type { Choices } from '../simulation/choices.ts';

const SECRET = 'patrol-world-secret';
/** Retries of an alarm that throws, before the platform drops it. */
const ALARM_RETRIES = 6;
const ALARM_RETRY_MS = 2_000;

/** What a list shows of one instance, in the words of its transitions. */
interface Shown {
  readonly stopped: boolean;
  readonly offline: boolean;
}

export class PatrolWorld {
  readonly account: VastAccount;
  readonly deployment: Deployment;
  readonly patrol: LocalPatrol;
  /** Successful runs, as `type instance`, an outbid's as a stop. */
  readonly runs = new Map<string, number>();
  /** How often each has happened at Vast.ai. */
  readonly happened = new Map<string, number>();
  /** How often two complete looks in a row have shown it. */
  readonly visible = new Map<string, number>();
  readonly ids = new Map<string, number>();
  readonly conditions: AnyEvent[] = [];
  /** The last complete look, by what the account itself held then. */
  #shown: Map<number, Shown> | undefined;
  #pending: { at: number; type: string; id: number; event_id: string }[] = [];
  #webhooks = 0;
  #messages = 0;
  readonly #runtime: Runtime;
  readonly choices: Choices;

  constructor(runtime: Runtime, choices: Choices) {
    this.#runtime = runtime;
    this.choices = choices;
    this.account = new VastAccount(() => runtime.time.now);
    this.deployment = new Deployment(runtime, { VASTAI_WEBHOOK_SECRET: SECRET, VAST_READ_KEY: READ_KEY });
    this.patrol = new LocalPatrol(this.deployment.env, { fetch: this.account.fetch, maxTries: 1 });
    this.deployment.env.PATROL = this.patrol.binding;
    this.account.onWebhook = (type, { id }) => this.#send(type, id);
  }

  /** A webhook that is lost, or comes within half a minute, once or twice. */
  #send(type: string, id: number): void {
    if (this.choices.chance(50)) return;
    this.#webhooks += 1;
    const event_id = `webhook-${this.#webhooks}`;
    for (let copy = this.choices.below(2); copy >= 0; copy -= 1) {
      this.#pending.push({ at: this.#runtime.time.now + this.choices.below(30_000), type, id, event_id });
    }
  }

  /** Something happens at Vast.ai, told by webhook unless that is lost. */
  happen(type: string, id: number, change: () => void): void {
    count(this.happened, `${type} ${id}`);
    change();
  }

  /** Time goes by: webhooks arrive, alarms ring. */
  async pass(ms: number): Promise<void> {
    const { time } = this.#runtime;
    const end = time.now + ms;
    for (;;) {
      const alarm = this.patrol.alarmAt ?? Number.POSITIVE_INFINITY;
      const webhook = Math.min(...this.#pending.map(({ at }) => at));
      const next = Math.min(alarm, webhook);
      if (next > end) break;
      time.now = Math.max(time.now, next);
      this.account.catchUp();
      if (next === webhook) await this.#deliver();
      else await this.#ring();
    }
    time.now = end;
    this.account.catchUp();
  }

  async #deliver(): Promise<void> {
    const due = this.#pending.findIndex(({ at }) => at <= this.#runtime.time.now);
    const [webhook] = this.#pending.splice(due, 1);
    if (webhook === undefined) return;
    const { type, id, event_id } = webhook;
    const body = { event_id, user_id: 1, notif_type: type, subject: type, message: `Your instance ${id} changed.` };
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    const timestamp = String(Math.floor(this.#runtime.time.now / 1000));
    const signed = await this.#runtime.finish(signDelivery(schemes.notification, SECRET, timestamp, bytes));
    const headers = { 'Content-Type': 'application/json', ...signed };
    await this.deployment.fetch(
      new Request('https://receiver.test/webhooks/vastai', { method: 'POST', headers, body: bytes }),
    );
    await this.consume();
  }

  async #ring(): Promise<void> {
    // One that comes once may have hit an attempt that died.
    const isFailing = this.account.fault !== undefined && this.account.size > 0;
    const shown = this.#show();
    const before = this.#picture();
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#runtime.finish(this.patrol.ring());
        break;
      } catch {
        if (this.patrol.alarmAt !== null || attempt === ALARM_RETRIES) break;
        this.#runtime.time.now += ALARM_RETRY_MS;
      }
    }
    if (this.#picture() !== before) {
      if (isFailing) throw new Error('a look that failed has made a picture');
      this.#compare(shown);
    }
    await this.consume();
  }

  #picture(): number | undefined {
    return this.patrol.running().memory().picture?.at;
  }

  #show(): Map<number, Shown> {
    const ids = [...this.happened.keys()].map((key) => Number(key.split(' ')[1]));
    const rows = [...new Set(ids)].flatMap((id) => this.account.row(id) ?? []);
    return new Map(
      rows.map((row) => {
        const stopped = row.intended_status === 'stopped' || row.actual_status === 'exited';
        // Only one that runs is online again.
        const wasOffline = row.actual_status !== 'running' && this.#shown?.get(row.id)?.offline === true;
        return [row.id, { stopped, offline: row.actual_status === 'offline' || wasOffline }];
      }),
    );
  }

  /** Counts what two complete looks in a row show, by rules of this file alone. */
  #compare(shown: Map<number, Shown>): void {
    for (const [id, last] of this.#shown ?? []) {
      const now = shown.get(id);
      if (now === undefined) count(this.visible, `instance_deleted ${id}`);
      else {
        // One that is offline hides whether it runs.
        if (now.stopped && !last.stopped && !last.offline) count(this.visible, `instance_stopped ${id}`);
        if (now.offline !== last.offline)
          count(this.visible, `${now.offline ? 'instance_offline' : 'instance_online'} ${id}`);
      }
    }
    this.#shown = shown;
  }

  /** Hands everything in the queue to the consumer, some of it twice. */
  async consume(): Promise<void> {
    const bodies = this.deployment.events.drain().flatMap((body) => (this.choices.chance(20) ? [body, body] : [body]));
    for (const body of bodies) {
      this.#messages += 1;
      const message = { id: `m${this.#messages}`, body, attempts: 1 };
      const fallback = (event: AnyEvent) => this.#ran(event);
      const verdicts = await this.deployment.consume('events', [message], { fallback });
      const decoded = decodeMessage(body);
      if (verdicts[0]?.kind === 'retry' && decoded.ok) this.deployment.events.messages.push(body);
    }
  }

  #ran(event: AnyEvent): void {
    count(this.ids, `${event.endpoint} ${event.id}`);
    if (event.type.startsWith('observed.')) this.conditions.push(event);
    else count(this.runs, `${event.type === 'outbid' ? 'instance_stopped' : event.type} ${event.mentions?.instanceId}`);
  }

  /** Nothing fails any more, and whatever waits has time to be told. */
  async calm(): Promise<void> {
    this.account.fault = undefined;
    this.account.faults.length = 0;
    this.deployment.events.out = false;
    this.patrol.diesAfter = Number.POSITIVE_INFINITY;
    await this.#runtime.finish(this.patrol.running().wake());
    await this.pass((PATROL_EMPTY_LOOKS + 4) * PATROL_INTERVAL_MS);
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
