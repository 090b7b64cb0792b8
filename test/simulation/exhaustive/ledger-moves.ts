// What the ledger does to the row when it is asked, and what each decision must not break. The
// decisions are the rules'; what they change is what the writer changes.
import { MAX_RETRIES } from '../../../src/limits.ts';
import { acknowledge, giveUp, replaceConsumer, type Step, send, sendBack } from './messages.ts';
import type { Rules } from './rules.ts';
import { ALIVE, type Consumer, NOW, type Row, type State } from './state.ts';

/** How a call ends for whoever made it. */
type Hearing = 'heard' | 'again' | 'given_up';

/** Starts that one run may have: one for each delivery of its message. */
const MAX_STARTS = MAX_RETRIES + 1;

/** Broken by rules that count no starts; held apart from the rest. */
export const TOO_MANY_STARTS = 'a handler started too often in one run';

export function claim(state: State, consumer: Consumer, rules: Rules, hearing: Hearing): Step {
  const by = { messageId: String(consumer.message), claim: String(consumer.claim) };
  const row = state.row ?? undefined;
  const decision = rules.claim(row, by, NOW);
  const own = row?.status === 'processing' && row.claim === by.claim && row.holder === by.messageId;
  if (own && row.leaseUntil === ALIVE && decision.kind !== 'run') {
    return { next: state, broken: 'a consumer that asked again was not given its own run' };
  }
  switch (decision.kind) {
    case 'run': {
      const [next, broken] = grant(state, by);
      if (hearing === 'again') return { next, broken };
      if (hearing === 'given_up') return { next: giveUp(next, consumer), broken };
      const running: Consumer = { ...consumer, phase: 'runs', run: next.row?.run ?? 0 };
      return { next: replaceConsumer(next, consumer, running), broken };
    }
    case 'dead': {
      const early = !row || row.attempts < MAX_STARTS || row.status === 'processed';
      // Whoever gave the event up, and did not hear so, is told so again.
      const another = row?.status === 'dead' && (row.claim !== by.claim || row.holder !== by.messageId);
      const broken = early || another ? 'a claim gave up an event that had starts left' : undefined;
      return heardDeath(gaveUp(state, by), consumer, hearing, broken);
    }
    case 'busy':
      return waitFor(state, consumer);
    case 'duplicate':
      if (row?.status === 'processing' && row.leaseUntil !== ALIVE) {
        return { next: state, broken: 'a message was dropped although nobody runs its event' };
      }
      if (hearing === 'again') return { next: state };
      return { next: hearing === 'heard' ? acknowledge(state, consumer) : sendBack(state, consumer) };
  }
}

/** The row after a grant. */
function grant(state: State, by: { messageId: string; claim: string }): [State, string | undefined] {
  const { row } = state;
  const repeated = row?.status === 'processing' && row.claim === by.claim && row.holder === by.messageId;
  if (repeated) return [state, undefined];
  const attempts = Math.min((row?.attempts ?? 0) + 1, MAX_STARTS + 1);
  const held = { status: 'processing', holder: by.messageId, claim: by.claim, leaseUntil: ALIVE, attempts } as const;
  // Two run at once because one of them has stalled beyond its lease.
  const overtaken = state.consumers.filter(
    (each) => each.stalled && each.run === row?.run && (each.phase === 'runs' || each.unreported),
  ).length;
  const next = { ...state, row: { run: 1, ...row, ...held }, excuses: state.excuses + overtaken, adrift: false };
  return [next, brokenByGrant(state, by.messageId, attempts)];
}

function brokenByGrant({ row, messages }: State, messageId: string, attempts: number): string | undefined {
  if (row?.status === 'processed') return 'a processed event was given to a handler';
  if (row?.status === 'dead') return 'a dead event was given to a handler without a replay';
  const waits = messages.some(({ id }) => String(id) === row?.holder);
  if (row?.status === 'retrying' && row.holder !== messageId && waits) return 'a copy ran ahead of the back-off';
  if (row?.status === 'processing' && row.leaseUntil === ALIVE) return 'an event was given away under a live lease';
  return attempts > MAX_STARTS ? TOO_MANY_STARTS : undefined;
}

export function settle(state: State, consumer: Consumer, rules: Rules, hearing: Hearing): Step {
  const { outcome } = consumer;
  const row = state.row ?? undefined;
  if (outcome === 'none' || row === undefined) throw new Error('nothing to report');
  const by = { messageId: String(consumer.message), claim: String(consumer.claim), run: consumer.run };
  const decision = rules.settle(row, by, outcome);
  let next = state;
  let broken: string | undefined;
  if (decision.kind === 'record') {
    broken = brokenByReport(row, by, outcome);
    const settled: Row = { ...row, status: outcome, holder: by.messageId, claim: by.claim };
    next = { ...state, row: settled };
  }
  const holds = row.status === 'processing' && row.claim === by.claim && row.run === by.run;
  if (decision.kind !== 'record' && holds) broken = 'the report of the holder was not taken';
  // A success that was not taken although it is the truth of this run stays unreported.
  const taken = decision.kind !== 'stale' || row.run !== by.run || row.status === 'processed';
  const reported: Consumer = { ...consumer, unreported: consumer.unreported && !taken };
  next = replaceConsumer(next, consumer, reported);
  if (hearing === 'again') return { next, broken };
  if (hearing === 'given_up') return { next: giveUp(next, reported), broken };
  const counts = decision.kind !== 'stale';
  if (outcome === 'processed') return { next: acknowledge(next, reported), broken };
  if (outcome === 'retrying' || !counts) return { next: sendBack(next, reported), broken };
  return tell(acknowledge(next, reported), broken);
}

function brokenByReport(row: Row, by: { claim: string; run: number }, outcome: string): string | undefined {
  if (row.run !== by.run) return 'a report about an earlier run ended a replay';
  if (outcome !== 'processed' && row.claim !== by.claim) return 'a late failure took the event from its holder';
  if (outcome !== 'processed' && row.status !== 'processing') return 'a failure changed a row that was settled';
  return undefined;
}

export function bury(state: State, consumer: Consumer, rules: Rules, hearing: Hearing): Step {
  const row = state.row ?? undefined;
  const messageId = String(consumer.message);
  const decision = rules.bury(row, messageId, NOW);
  switch (decision.kind) {
    case 'dead': {
      let broken: string | undefined;
      if (!row || row.attempts === 0) broken = 'an event died that no handler was ever given';
      else if (row.holder !== messageId) broken = 'an event died with a message that did not hold it';
      else if (row.status === 'processing' && row.leaseUntil === ALIVE) broken = 'an event died while it ran';
      else if (row.status === 'processing' && row.attempts < MAX_STARTS) {
        broken = 'an event died of a grant that may never have arrived';
      }
      return heardDeath(row ? gaveUp(state, { messageId, claim: 'buried' }) : state, consumer, hearing, broken);
    }
    case 'requeue':
      if (row?.status === 'processed' || row?.status === 'dead') {
        return { next: state, broken: 'a finished event went back into the queue' };
      }
      // The send comes first; a consumer that does not hear of it lets the letter come back.
      if (hearing !== 'heard') return { next: sendBack(state, consumer) };
      // A row that is still granted to the letter's message does not know the new one: the watchdog
      // has custody.
      return { next: { ...send(acknowledge(state, consumer)), adrift: state.adrift || row?.status === 'processing' } };
    case 'busy':
      return waitFor(state, consumer);
    case 'drop':
      if (hearing === 'again') return { next: state };
      return { next: hearing === 'heard' ? acknowledge(state, consumer) : sendBack(state, consumer) };
  }
}

/** The row names who gave it up, so that a report of its last run comes too late. */
function gaveUp(state: State, by: { messageId: string; claim: string }): State {
  if (!state.row) return state;
  return { ...state, row: { ...state.row, status: 'dead', holder: by.messageId, claim: by.claim } };
}

function waitFor(state: State, consumer: Consumer): Step {
  const runs = state.row?.status === 'processing' && state.row.leaseUntil === ALIVE;
  return { next: sendBack(state, consumer), broken: runs ? undefined : 'a message waits for a run that has ended' };
}

/** The one that has just declared an event dead tells of it, if it hears that it has. */
function heardDeath(state: State, consumer: Consumer, hearing: Hearing, broken: string | undefined): Step {
  if (hearing === 'heard') return tell(acknowledge(state, consumer), broken);
  const untold = { ...state, untold: true };
  return { next: hearing === 'again' ? untold : sendBack(untold, consumer), broken };
}

function tell(state: State, broken: string | undefined): Step {
  const told = state.told + 1;
  return { next: { ...state, told }, broken: broken ?? (told > 1 ? 'a death was told twice' : undefined) };
}

/** An operator's replay. The message is sent unless the object stops before. */
export function reopen(state: State, rules: Rules, sent: boolean): Step {
  const { row } = state;
  if (!row || rules.reopen(row, true, NOW).kind === 'refuse') return { next: { ...state, replays: 1 } };
  const alive = row.status === 'processing' && row.leaseUntil === ALIVE;
  const opened: State = {
    ...state,
    row: { ...requeued(row), run: row.run + 1, attempts: 0 },
    ...{ replays: 1, alarm: true, successes: 0, excuses: 0, told: 0, untold: false, adrift: !sent },
  };
  return { next: sent ? send(opened) : opened, broken: alive ? 'an event was replayed while it ran' : undefined };
}

export function watch(state: State, rules: Rules, sent: boolean): Step {
  const { row } = state;
  if (!row || rules.watch(row, NOW) === 'leave') return { next: state };
  const alive = row.status === 'processing' && row.leaseUntil === ALIVE;
  const rests = row.status === 'processed' || row.status === 'dead' || row.status === 'quarantined';
  const next: State = { ...state, row: requeued(row), adrift: !sent };
  let broken: string | undefined;
  if (alive) broken = 'the watchdog took an event away while it ran';
  if (rests) broken = 'the watchdog sent an event that was at rest';
  return { next: sent ? send(next) : next, broken };
}

function requeued(row: Row): Row {
  return { ...row, status: 'queued', holder: null, claim: null, leaseUntil: 0 };
}
