// Posts deliveries as the provider would: ten seconds at most, redirects not followed; one after
// the other, or several at once.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Result, succeed } from '../result.ts';
import { ask, type NoAnswer } from '../vast/ask.ts';
import { oneLine } from '../vast/harmless.ts';
import type { PlannedSend } from './attack-modes.ts';
import { buildError } from './build-error.ts';
import { CliFailure } from './cli-failure.ts';
import type { Delivery } from './delivery.ts';
import { sayIfSlow } from './say-if-slow.ts';
import type { Target } from './target.ts';
import type { TriggerOptions } from './trigger-command.ts';

/** The provider's own limit, in milliseconds. */
const ANSWER_TIMEOUT_MS = 10_000;
const LONGEST_SHOWN_BODY = 300;

export interface Answer {
  readonly status: number;
  /** The body's fields; none where it is not a JSON object. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Status and body as one line, cut to a readable length. */
  readonly summary: string;
  readonly ms: number;
}

export interface Exchange {
  readonly planned: PlannedSend;
  readonly answer: Answer;
}

type Posted = Pick<Delivery, 'headers' | 'body'>;
type Plan = () => Promise<readonly PlannedSend[]>;

export async function send(url: string | URL, { headers, body }: Posted): Promise<Result<Answer, NoAnswer>> {
  const startedAt = performance.now();
  const answer = await ask(fetch, url, { method: 'POST', headers, body }, ANSWER_TIMEOUT_MS);
  if (!answer.ok) return answer;
  const { status, text, json = {} } = answer.value;
  return succeed({
    status,
    fields: json,
    summary: `${status} ${oneLine(text, LONGEST_SHOWN_BODY)}`.trimEnd(),
    ms: Math.round(performance.now() - startedAt),
  });
}

/**
 * Makes a plan and sends it, `count` times, `concurrency` at once.
 *
 * @param say Is told what is waited for, if that takes long.
 * @throws CliFailure at the first delivery that gets no answer.
 */
export async function sendAll(
  plan: Plan,
  target: Target,
  { count, concurrency }: TriggerOptions,
  say: (line: string) => void,
) {
  const exchanges: Exchange[] = [];
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      for (const planned of await plan()) exchanges.push(await exchange(planned, target));
    }
  };
  const lanes = Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane));
  const words = async () => (await whyHeld(target)) ?? `waiting for ${target.worker} to answer`;
  await sayIfSlow(lanes, words, say);
  return exchanges;
}

/** @throws CliFailure where no answer comes. */
export async function exchange(planned: PlannedSend, target: Target): Promise<Exchange> {
  if (planned.pauseMs) await sleep(planned.pauseMs);
  const answer = await send(target.url, planned.delivery);
  if (!answer.ok) throw new CliFailure(await explain(answer.failure, target));
  return { planned, answer: answer.value };
}

async function explain(failure: NoAnswer, target: Target): Promise<string> {
  const { worker, local } = target;
  if (failure.kind === 'timeout') {
    return (await whyHeld(target)) ?? `${worker} did not answer within 10 s, which is as long as Vast.ai waits`;
  }
  if (!/^(ECONNREFUSED|ENOTFOUND)$/.test(failure.detail))
    return `the connection to ${worker} failed before an answer came`;
  return `nothing listens at ${worker}${local ? ': run `npm run dev` in another terminal first' : ''}`;
}

/** Why a Worker on this machine holds its requests, if it is that it does not build. */
async function whyHeld({ worker, local }: Target): Promise<string | undefined> {
  const error = local ? await buildError() : undefined;
  return error && `${worker} answers nothing until the code builds again: ${error}`;
}
