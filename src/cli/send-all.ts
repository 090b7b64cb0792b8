// Sends what was planned, one after the other or several at once.
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedSend } from './attack-modes.ts';
import { buildError } from './build-error.ts';
import { CliFailure } from './cli-failure.ts';
import { sayIfSlow } from './say-if-slow.ts';
import { type Answer, type SendFailure, send } from './send.ts';
import type { Target } from './target.ts';

export interface Exchange {
  readonly planned: PlannedSend;
  readonly answer: Answer;
}

interface Amount {
  readonly count: number;
  /** How many at once. */
  readonly concurrency: number;
}

type Plan = () => Promise<readonly PlannedSend[]>;

/**
 * Makes a plan and sends it, `count` times.
 *
 * @param say Is told what is waited for, if that takes long.
 * @throws CliFailure at the first delivery that gets no answer.
 */
export async function sendAll(plan: Plan, target: Target, { count, concurrency }: Amount, say: (line: string) => void) {
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

async function exchange(planned: PlannedSend, target: Target): Promise<Exchange> {
  if (planned.pauseMs) await sleep(planned.pauseMs);
  const answer = await send(target.url, planned.delivery);
  if (!answer.ok) throw new CliFailure(await explain(answer.failure, target));
  return { planned, answer: answer.value };
}

async function explain(failure: SendFailure, target: Target): Promise<string> {
  const { worker, local } = target;
  switch (failure) {
    case 'nothing_listens':
      return `nothing listens at ${worker}${local ? ': run `npm run dev` in another terminal first' : ''}`;
    case 'no_answer_in_time':
      return (await whyHeld(target)) ?? `${worker} did not answer within 10 s, which is as long as Vast.ai waits`;
    case 'connection_failed':
      return `the connection to ${worker} failed before an answer came`;
  }
}

/** Why a Worker on this machine holds its requests, if it is that it does not build. */
async function whyHeld({ worker, local }: Target): Promise<string | undefined> {
  const error = local ? await buildError() : undefined;
  return error && `${worker} answers nothing until the code builds again: ${error}`;
}
