// The border between the code under test and the modelled platform: every call waits until the
// scheduler answers it, fails it before or after it took effect, or lets it hang.
import type { Choices } from './choices.ts';
import { clock, type VirtualTime } from './virtual-time.ts';

/**
 * Whoever makes platform calls and can die: a request, a consumer invocation, an object instance.
 */
export interface Actor {
  readonly name: string;
  alive: boolean;
  /** How far its clock is ahead of the others, in milliseconds. */
  readonly skewMs?: number;
}

/** `storage` is the object's own: while it is out, nothing can be written (it is full). */
export type Service = 'kv' | 'queue' | 'ledger' | 'storage' | 'world';

interface Call {
  readonly actor: Actor;
  readonly service: Service;
  readonly label: string;
  readonly effect: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export class Platform {
  readonly choices: Choices;
  readonly time: VirtualTime;
  readonly #notes: [at: number, text: string][] = [];
  readonly calls: Call[] = [];
  /** Services that fail every call until they are healed. */
  readonly out = new Set<Service>();
  /** Clocks may lie this far from the true time, in milliseconds, to either side. */
  skewMs = 0;

  constructor(choices: Choices, time: VirtualTime) {
    this.choices = choices;
    this.time = time;
  }

  note(text: string): void {
    this.#notes.push([this.time.now, text]);
  }

  /** What has happened so far, a line each. */
  get trace(): string[] {
    return this.#notes.map(([at, text]) => `${new Date(at).toISOString()} ${text}`);
  }

  /** A party with a clock of its own. */
  actor(name: string): Actor {
    const skewMs = this.skewMs === 0 ? 0 : this.choices.pick([0, this.skewMs, -this.skewMs]);
    return { name, alive: true, skewMs };
  }

  /** Runs work by the clock of whoever does it. */
  by<Value>(actor: Actor, work: () => Value): Value {
    const skewMs = actor.skewMs ?? 0;
    return skewMs === (clock.getStore() ?? 0) ? work() : clock.run(skewMs, work);
  }

  /** A call to the platform. It takes effect, if at all, when the scheduler says so. */
  call<Value>(actor: Actor, service: Service, label: string, effect: () => Value | Promise<Value>): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      if (actor.alive) this.calls.push({ actor, service, label, effect, resolve, reject });
    });
  }

  /** Lets the `index`th waiting call happen as it should, unless its service is out. */
  perform(index: number): void {
    const [call] = this.calls.splice(index, 1);
    if (!call) return;
    if (this.out.has(call.service)) return this.#fail(call, false);
    this.note(`${call.actor.name} ${call.label}`);
    run(call).then(
      (value) => call.resolve(value as never),
      (error: Error) => {
        this.note(`${call.actor.name} ${call.label} throws ${error.message}`);
        call.reject(error);
      },
    );
  }

  /** Fails the `index`th waiting call, before or after its effect. */
  fail(index: number, afterEffect: boolean): void {
    const [call] = this.calls.splice(index, 1);
    if (!call) return;
    const takesEffect = afterEffect && !this.out.has(call.service);
    if (takesEffect) run(call).catch(() => {});
    this.#fail(call, takesEffect);
  }

  #fail(call: Call, tookEffect: boolean): void {
    this.note(`${call.actor.name} ${call.label} FAILS ${tookEffect ? 'after' : 'before'} taking effect`);
    call.reject(new Error(`${call.service} failed`));
  }

  /**
   * The actor stops where it stands. What it has asked for may still happen, but nobody hears the
   * answer.
   */
  kill(actor: Actor): void {
    actor.alive = false;
    this.note(`${actor.name} DIES`);
    for (let index = this.calls.length - 1; index >= 0; index -= 1) {
      const call = this.calls[index];
      if (call?.actor !== actor) continue;
      this.calls.splice(index, 1);
      if (!this.out.has(call.service) && this.choices.chance(50)) {
        this.note(`${actor.name} ${call.label} happens all the same`);
        run(call).catch(() => {});
      }
    }
  }
}

/** Starts the effect. It may itself make platform calls, so it is not waited for. */
async function run(call: Call): Promise<unknown> {
  return call.effect();
}
