// Brings the reports of one claim to the ledger as its runs end, so that no event waits for a slow
// neighbour to be noted. Those within a moment of each other share a call: a quick batch takes one.
import type { Env } from '../env.ts';
import { askLedger } from '../ledger/client.ts';
import type { Report } from '../ledger/protocol.ts';
import { SETTLE_TOGETHER_MS } from '../limits.ts';
import type { Result } from '../result.ts';

/** Whether the report counts (not if the row had moved on), or why the ledger cannot be asked. */
type Settled = Result<boolean, string>;

export class Settlement {
  readonly #claim: string;
  readonly #env: Env;
  #stillRunning: number;
  #waiting: { readonly report: Report; readonly resolve: (settled: Settled) => void }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param runs How many reports will come. */
  constructor(claim: string, runs: number, env: Env) {
    this.#claim = claim;
    this.#stillRunning = runs;
    this.#env = env;
  }

  /** Resolves once the ledger has the report, or could not be asked. */
  settle(report: Report): Promise<Settled> {
    const { promise, resolve } = Promise.withResolvers<Settled>();
    this.#waiting.push({ report, resolve });
    this.#stillRunning -= 1;
    if (this.#stillRunning === 0) void this.#send();
    else this.#timer ??= setTimeout(() => void this.#send(), SETTLE_TOGETHER_MS);
    return promise;
  }

  async #send(): Promise<void> {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    const together = this.#waiting;
    this.#waiting = [];
    const reports = together.map(({ report }) => report);
    const settled = await askLedger(this.#env, together, (ledger) => ledger.settle(this.#claim, reports));
    if (settled.ok) for (const [{ resolve }, counts] of settled.value) resolve({ ok: true, value: counts });
    else for (const { resolve } of together) resolve(settled);
  }
}
