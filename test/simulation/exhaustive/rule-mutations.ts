// Each rule broken in one place, as somebody might write it who had not thought of the case.
import { type Rules, realRules as real } from './rules.ts';
import { ALIVE, NOW, type Row } from './state.ts';

export interface RuleMutation {
  readonly name: string;
  readonly rules: Rules;
}

const run = { kind: 'run', lost: false } as const;
const duplicate = { kind: 'duplicate' } as const;

/** The rules with another answer where `when` holds. */
const claim = (name: string, answer: ReturnType<Rules['claim']>, when: (row: Row, mine: boolean) => boolean) => ({
  name: `claim: ${name}`,
  rules: {
    ...real,
    claim: (...[row, by, now]: Parameters<Rules['claim']>) =>
      row && when(row, row.holder === by.messageId) ? answer : real.claim(row, by, now),
  },
});

type Report = Parameters<Rules['settle']>[1];
const settle = (
  name: string,
  answer: ReturnType<Rules['settle']>,
  when: (row: Row, by: Report, outcome: string) => boolean,
) => ({
  name: `settle: ${name}`,
  rules: {
    ...real,
    settle: (...[row, by, outcome]: Parameters<Rules['settle']>) =>
      row && when(row, by, outcome) ? answer : real.settle(row, by, outcome),
  },
});

const bury = (
  name: string,
  answer: ReturnType<Rules['bury']>,
  when: (row: Row | undefined, mine: boolean) => boolean,
) => ({
  name: `bury: ${name}`,
  rules: {
    ...real,
    bury: (...[row, messageId, now]: Parameters<Rules['bury']>) =>
      when(row, row?.holder === messageId) ? answer : real.bury(row, messageId, now),
  },
});

const reopen = (name: string, answer: ReturnType<Rules['reopen']>, when: (row: Row) => boolean) => ({
  name: `reopen: ${name}`,
  rules: {
    ...real,
    reopen: (...[row, hasEvent, now]: Parameters<Rules['reopen']>) =>
      row && when(row) ? answer : real.reopen(row, hasEvent, now),
  },
});

const watch = (name: string, answer: 'resend' | 'leave', when: (row: Row) => boolean) => ({
  name: `watch: ${name}`,
  rules: { ...real, watch: (row: Row, now: number) => (when(row) ? answer : real.watch(row, now)) },
});

const is =
  (...statuses: readonly Row['status'][]) =>
  (row: Row) =>
    statuses.includes(row.status);
const alive = (row: Row) => row.status === 'processing' && row.leaseUntil === ALIVE;
const over = (row: Row) => row.status === 'processing' && row.leaseUntil <= NOW;
const record = { kind: 'record' } as const;

export const ruleMutations: readonly RuleMutation[] = [
  claim('a retrying row runs for any message', run, is('retrying')),
  claim('a retrying row is a duplicate to its own holder', duplicate, is('retrying')),
  claim('a live lease keeps nobody away', run, alive),
  claim('a live lease keeps away all but its holder', run, (row, mine) => alive(row) && mine),
  claim('a live lease is a duplicate to its own holder', duplicate, (row, mine) => alive(row) && mine),
  claim('a lease that is over still keeps others away', duplicate, (row, mine) => over(row) && !mine),
  claim('a lease that is over is a duplicate', duplicate, over),
  claim('a lease that ends now is alive', { kind: 'busy', until: NOW }, over),
  claim('a processed row runs again', run, is('processed')),
  claim('a processed row comes back', { kind: 'busy', until: NOW }, is('processed')),
  claim('a dead row runs again', run, is('dead')),
  claim('a dead row comes back', { kind: 'busy', until: NOW }, is('dead')),
  claim('a queued row is a duplicate', duplicate, is('queued')),
  claim('a quarantined row is a duplicate', duplicate, is('quarantined')),
  claim('a waiting row is given up', { kind: 'dead' }, is('retrying')),
  {
    name: 'claim: an unknown event is a duplicate',
    rules: { ...real, claim: (row, by, now) => (row ? real.claim(row, by, now) : duplicate) },
  },
  {
    name: 'claim: a repeated call is told to wait',
    rules: {
      ...real,
      claim: (row, by, now) => real.claim(row && { ...row, claim: 'nobody' }, by, now),
    },
  },
  settle('the run does not matter', record, (row, by, outcome) => outcome === 'processed' && row.run !== by.run),
  settle("a stale holder's failure counts", record, (_row, _by, outcome) => outcome === 'retrying'),
  settle("a stale holder's death counts", record, (_row, _by, outcome) => outcome === 'dead'),
  settle(
    'a late success is refused',
    { kind: 'stale' },
    (row, by, outcome) => outcome === 'processed' && row.claim !== by.claim,
  ),
  settle('no success counts', { kind: 'stale' }, (_row, _by, outcome) => outcome === 'processed'),
  settle(
    'a success counts only while it is processing',
    { kind: 'stale' },
    (row, _by, outcome) => outcome === 'processed' && row.status !== 'processing' && row.status !== 'processed',
  ),
  settle('no failure counts', { kind: 'stale' }, (_row, _by, outcome) => outcome === 'retrying'),
  settle('no death counts', { kind: 'stale' }, (_row, _by, outcome) => outcome === 'dead'),
  settle(
    'a repeated death is stale',
    { kind: 'stale' },
    (row, _by, outcome) => outcome === 'dead' && row.status === 'dead',
  ),
  settle(
    'a failure undoes a success',
    record,
    (row, by, outcome) => outcome === 'retrying' && row.status === 'processed' && row.run === by.run,
  ),
  bury('an unknown event dies', { kind: 'dead' }, (row) => row === undefined),
  bury('an unknown event is dropped', { kind: 'drop' }, (row) => row === undefined),
  bury('a row that was never granted dies', { kind: 'dead' }, (row) => row?.status === 'queued'),
  bury('a queued row is dropped', { kind: 'drop' }, (row) => row?.status === 'queued'),
  bury('a quarantined row is dropped', { kind: 'drop' }, (row) => row?.status === 'quarantined'),
  bury('the holder of a waiting row is dropped', { kind: 'drop' }, (row, mine) => row?.status === 'retrying' && mine),
  bury('a waiting row dies with any message', { kind: 'dead' }, (row) => row?.status === 'retrying'),
  bury('a running row dies', { kind: 'dead' }, (row, mine) => row !== undefined && alive(row) && mine),
  bury('a running row dies with any message', { kind: 'dead' }, (row) => row !== undefined && alive(row)),
  bury('the holder of a running row is dropped', { kind: 'drop' }, (row, mine) => row?.status === 'processing' && mine),
  bury(
    'a lost grant counts as a run',
    { kind: 'dead' },
    (row, mine) => row !== undefined && over(row) && mine && row.attempts === 1,
  ),
  bury(
    'a lost grant counts with any message',
    { kind: 'dead' },
    (row, mine) => row !== undefined && over(row) && !mine,
  ),
  bury(
    'a finished row goes back into the queue',
    { kind: 'requeue' },
    (row) => row?.status === 'processed' || row?.status === 'dead',
  ),
  bury('a dead row dies again', { kind: 'dead' }, (row) => row?.status === 'dead'),
  bury('a lease that is over is waited for', { kind: 'busy', until: NOW }, (row) => row !== undefined && over(row)),
  reopen('a running row is replayed', { kind: 'reopen' }, alive),
  watch('a waiting row is left', 'leave', is('retrying')),
  watch('a queued row is left', 'leave', is('queued')),
  watch('a row whose lease is over is left', 'leave', over),
  watch('a running row is sent again', 'resend', alive),
  watch('a processed row is sent again', 'resend', is('processed')),
  watch('a dead row is sent again', 'resend', is('dead')),
  watch('a quarantined row is sent again', 'resend', is('quarantined')),
];
