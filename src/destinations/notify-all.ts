// The default of every handler: tells the destinations at once, each what it hears of. One failure
// stops no other destination; what the failures mean together is decided here.
import type { DestinationSecrets } from '../env.ts';
import type { Severity } from '../event/catalogue.ts';
import type { Hearing } from '../event/telling.ts';
import { PermanentFailure, RetryLater } from '../failures.ts';
import { REPEAT_QUIET_MINUTES } from '../limits.ts';
import type { DestinationContext } from './context.ts';
import { discord } from './discord.ts';
import type { NotifiableEvent } from './event-kinds.ts';
import { type ForwardedEvent, forward } from './forward.ts';
import { googleChat } from './google-chat.ts';
import { type ChatMessage, detailsOf, message } from './message.ts';
import { ntfy } from './ntfy.ts';
import { pagerduty } from './pagerduty.ts';
import { slack } from './slack.ts';
import { telegram } from './telegram.ts';

type Send = (context: DestinationContext, message: ChatMessage, step: string, event: ForwardedEvent) => Promise<void>;
type Threshold = Exclude<Severity, 'good'>;
type Destination = { readonly secret: keyof DestinationSecrets; readonly from: Threshold; readonly send: Send };

/** Each is configured once its secret is set, and hears of what is at least as severe as `from`. */
const destinations = {
  slack: { secret: 'SLACK_WEBHOOK_URL', from: 'info', send: slack },
  discord: { secret: 'DISCORD_WEBHOOK_URL', from: 'info', send: discord },
  'google-chat': { secret: 'GOOGLE_CHAT_WEBHOOK_URL', from: 'info', send: googleChat },
  ntfy: { secret: 'NTFY_URL', from: 'critical', send: ntfy },
  telegram: { secret: 'TELEGRAM_BOT_TOKEN', from: 'critical', send: telegram },
  pagerduty: { secret: 'PAGERDUTY_ROUTING_KEY', from: 'critical', send: pagerduty },
  forward: { secret: 'FORWARD_URL', from: 'info', send: (context, _, step, event) => forward(context, event, step) },
} satisfies Record<string, Destination>;

type DestinationName = keyof typeof destinations;
const names = Object.keys(destinations) as DestinationName[];

const ranks: Record<Severity, number> = { good: 0, info: 0, warning: 1, critical: 2 };

/** Who hears of an event: by default all destinations, each from a severity of its own on. */
export interface Choice {
  readonly only?: readonly DestinationName[];
  /** Replaces theirs; `info` stands for everything. */
  readonly from?: Threshold;
  /** How long the same type about one instance is told once: 10 by default, 0 for each time. */
  readonly quietMinutes?: number;
}

/**
 * Tells the destinations whose secret is set of an event, in parallel: chats and the forward of
 * every event, ntfy, Telegram and PagerDuty of what is urgent. Security-critical types go to the
 * forward alone. To choose: `notifyAll(context, event, { only: ['ntfy'], from: 'warning' })`.
 *
 * @throws after all were tried: RetryLater or Error if a retry may help, else PermanentFailure.
 */
export async function notifyAll(context: DestinationContext, event: NotifiableEvent, choice?: Choice): Promise<void> {
  await fanOut(context, message(event), event, choice);
}

/** The same, for an event or news of ours with a message of its own. */
export async function fanOut(
  context: DestinationContext,
  message: ChatMessage,
  event: ForwardedEvent,
  { only = names, from, quietMinutes = REPEAT_QUIET_MINUTES }: Choice = {},
): Promise<void> {
  const chosen = names.filter((name) => only.includes(name) && context.env[destinations[name].secret]);
  if (chosen.length === 0) context.log('destination.none', { note: 'no chosen destination has its secret' });
  const hearings = chosen.map((name) => [name, hearingOf(name, message, from ?? destinations[name].from)]);
  // A program is told everything, and at once: it can count for itself.
  const { forward: forwarded, ...hearers }: Record<string, Hearing> = Object.fromEntries(hearings);
  const people = Object.keys(hearers) as DestinationName[];
  const wanting = people.filter((name) => hearers[name] !== 'sequel');

  const failures: Error[] = [];
  const send = async (name: DestinationName, untold = 0): Promise<DestinationName[]> => {
    const repeats = untold > 0 ? `${untold} ${untold === 1 ? 'repeat' : 'repeats'} since the last message` : '';
    const counted = { ...message, details: detailsOf(repeats, message.details) };
    try {
      await destinations[name].send(context, counted, name, event);
      return [name];
    } catch (error) {
      failures[names.indexOf(name)] = error as Error;
      return [];
    }
  };
  const tell = async (untold?: Readonly<Record<string, number>>) => {
    const told = untold ? (Object.keys(untold) as DestinationName[]) : wanting;
    const quiet = wanting.filter((name) => !told.includes(name)).join(', ');
    if (quiet && context.attempt === 1) context.log('destination.withheld', { note: quiet, reason: 'repeat' });
    return (await Promise.all(told.map((name) => send(name, untold?.[name])))).flat();
  };
  const { key, subject, resolves } = message.condition;
  // Where the text names nothing, no other event can be about the same.
  const isRemembered = subject && (resolves ? people : wanting).length > 0;
  const about = { key, resolves, quietMs: quietMinutes * 60_000, hearers };
  const telling = isRemembered && context.tellOnce ? context.tellOnce(about, tell) : tell();
  await Promise.all([telling.catch((error: Error) => failures.push(error)), forwarded === 'news' && send('forward')]);
  // Without the places of those that have not failed.
  const errors = Object.values(failures);
  if (errors.length > 0) throw combineFailures(errors);
}

/** PagerDuty's alerts end whatever was chosen; else the all-clear goes where the alarm went. */
function hearingOf(name: DestinationName, { severity, condition }: ChatMessage, from: Threshold): Hearing {
  if (name === 'pagerduty' && condition.isEnd) return condition.subject ? 'always' : 'sequel';
  return ranks[severity] < ranks[from] ? 'sequel' : 'news';
}

/**
 * One error for several. If any of them is transient, all are retried (what has succeeded is not
 * repeated), after the longest wait asked for. It is permanent only if all of them are.
 */
export function combineFailures(errors: readonly Error[]): Error {
  const text = errors.map(({ message }) => message).join('; ');
  const waits = errors.filter((error) => error instanceof RetryLater).map((error) => error.seconds);
  if (waits.length > 0) return new RetryLater(Math.max(...waits), text);
  if (errors.every((error) => error instanceof PermanentFailure)) return new PermanentFailure(text);
  return new Error(text);
}
