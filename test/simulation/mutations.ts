// Is the simulation able to see? Breaks the real code in one place at a time, in a copy, and
// expects a violation. One that stays green would mean that a promise is guarded by nothing.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Kinds of trouble to play alone, as `--only` takes them; all where left out. */
  readonly only?: string;
}

const RUNS = 4_000;

const mutations: readonly Mutation[] = [
  {
    name: 'mark before send',
    file: 'src/edge/receive.ts',
    from: '  const sent = await seen.sendOnce(',
    to: `  await seen.mark('event', event.id);\n  const sent = await seen.sendOnce(`,
  },
  {
    name: 'ack before settle',
    file: 'src/consumer/batch.ts',
    from: '  const settlement = new Settlement(',
    to: '  for (const item of items) item.message.ack();\n  const settlement = new Settlement(',
  },
  {
    name: 'claim without lease',
    file: 'src/ledger/transitions.ts',
    from: 'if (now >= row.leaseUntil) return isWornOut(row)',
    to: 'return isWornOut(row)',
  },
  {
    name: 'dedupe by header id',
    file: 'src/edge/receive.ts',
    from: '  const event = parsed.value;',
    to: `  const event = { ...parsed.value, id: request.headers.get('x-vast-event-id') ?? parsed.value.id };`,
  },
  {
    name: 'ack in a catch',
    file: 'src/consumer/acknowledge.ts',
    from: '    item.message.retry({ delaySeconds });',
    to: '    item.message.ack();',
  },
  {
    name: 'duplicate retried instead of acked',
    file: 'src/consumer/acknowledge.ts',
    from: `      log('event.duplicate', aboutOf(item));\n      message.ack();`,
    to: `      log('event.duplicate', aboutOf(item));\n      message.retry({ delaySeconds: 10 });`,
  },
  {
    name: 'bury without checking custody',
    file: 'src/ledger/transitions.ts',
    from: `      return row.holder === messageId ? { kind: 'dead' } : { kind: 'drop' };`,
    to: `      return { kind: 'dead' };`,
  },
  {
    name: 'watchdog off',
    file: 'src/ledger/watchdog.ts',
    from: 'const due = store.due(now, WATCH_CHUNK);',
    to: 'const due = store.due(0, WATCH_CHUNK);',
  },
  {
    name: 'settle not fenced by the claim',
    file: 'src/ledger/transitions.ts',
    from: `  if (!isBy(row, by)) return { kind: 'stale' };`,
    to: '',
    only: 'failures,clocks,kills',
  },
  {
    name: 'dead letter acknowledged although the ledger is out',
    file: 'src/consumer/dead-letters.ts',
    from: 'message.retry({ delaySeconds: DEAD_LETTER_RETRY_SECONDS });',
    to: 'message.ack();',
  },
  {
    name: 'exhausted while the ledger was out, buried all the same',
    file: 'src/consumer/dead-letters.ts',
    from: 'if (!requeued.ok) {',
    to: 'message.ack();\n  return [];\n  if (!requeued.ok) {',
  },
  {
    name: 'once forgets between tries',
    file: 'src/ledger/writer.ts',
    from: `[...new Set([...row.steps, ...report.steps])]`,
    to: '[]',
  },
  {
    name: 'stale delivery refused without being kept',
    file: 'src/edge/receive.ts',
    from: 'return quarantine({ reason: timely.failure }, genuine, deps);',
    to: 'return { reason: timely.failure };',
  },
  {
    name: 'time not judged',
    file: 'src/edge/receive.ts',
    from: 'if (!timely.ok && !(parsed.ok && runsLate))',
    to: 'if (!timely.ok && !parsed.ok)',
  },
  {
    name: 'late success of an earlier run ends a replay',
    file: 'src/ledger/transitions.ts',
    from: 'if (row === undefined || row.run !== by.run)',
    to: 'if (row === undefined)',
    only: 'failures,deaths,replays',
  },
  {
    name: 'one message twice in a batch runs twice',
    file: 'src/ledger/writer.ts',
    from: 'const before = answered.get(request.messageId);',
    to: 'const before = answered.get(claim);',
  },
  {
    name: 'a replay whose object stops before it has sent is forgotten',
    file: 'src/ledger/writer.ts',
    from: 'leaseUntil: 0, dueAt: now + stuckAfterMs }',
    to: 'leaseUntil: 0, dueAt: null }',
  },
  {
    name: 'runs settled after the slowest neighbour',
    file: 'src/consumer/settlement.ts',
    from: 'else this.#timer ??= setTimeout(',
    to: 'else if (this.#stillRunning < 0) this.#timer ??= setTimeout(',
    only: 'deaths',
  },
  {
    name: 'starts not counted',
    file: 'src/ledger/transitions.ts',
    from: 'return row.attempts >= MAX_STARTS;',
    to: 'return row.attempts < 0;',
    only: 'kills',
  },
  {
    name: 'a dropped alarm armed by nobody',
    file: 'src/ledger/event-ledger.ts',
    from: 'if ((this.#alarmAt ?? 0) < Date.now())',
    to: 'if (this.#alarmAt === undefined || this.#alarmAt === null)',
    only: 'alarms,purges',
  },
  {
    name: 'one id space for all endpoints',
    file: 'src/edge/seen-ids.ts',
    from: 'this.#endpoint === DEFAULT_ENDPOINT ?',
    to: "this.#endpoint !== '' ?",
    only: 'endpoints',
  },
  {
    name: 'the kept envelope kept',
    file: 'src/ledger/writer.ts',
    from: 'if (row.holder !== by.messageId) rows.setEvent(next, request.event);',
    to: '',
    only: 'latecomers',
  },
  {
    name: 'newer messages kept as unreadable',
    file: 'src/queue/message.ts',
    from: "return fail('message_version_newer')",
    to: "return fail('message_version_unknown')",
    only: 'newer',
  },
];

const root = join(import.meta.dirname, '..', '..');
let escaped = 0;
for (const mutation of mutations) {
  const { seed, violation } = tryOut(mutation);
  if (violation === undefined) escaped += 1;
  const verdict = violation === undefined ? `NOT CAUGHT in ${RUNS} runs` : `caught by seed ${seed}: ${violation}`;
  console.log(`${mutation.name}: ${verdict}`);
}
console.log(`${mutations.length - escaped} of ${mutations.length} breakages caught`);
process.exit(escaped === 0 ? 0 : 1);

function tryOut(mutation: Mutation): { seed?: string; violation?: string } {
  const copy = mkdtempSync(join(tmpdir(), 'mutation-'));
  try {
    for (const folder of ['src', 'test/simulation', 'test/platform']) {
      cpSync(join(root, folder), join(copy, folder), { recursive: true });
    }
    cpSync(join(root, 'package.json'), join(copy, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const file = join(copy, mutation.file);
    const source = readFileSync(file, 'utf8');
    const mutated = source.replace(mutation.from, mutation.to);
    if (mutated === source) throw new Error(`${mutation.name}: the line to break is not in ${mutation.file} any more`);
    writeFileSync(file, mutated);
    const simulate = join(copy, 'test/simulation/simulate.ts');
    const args = [
      '--disable-warning=ExperimentalWarning',
      simulate,
      '--runs',
      String(RUNS),
      '--no-shrink',
      '--workers',
      '1',
      ...(mutation.only === undefined ? [] : ['--only', mutation.only]),
    ];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: copy });
    const found = /^seed (\d+): (.*)$/m.exec(stdout);
    if (!found && !stdout.includes('no violation')) throw new Error(`${mutation.name}: ${stderr || stdout}`);
    return { ...(found?.[1] && { seed: found[1] }), ...(found?.[2] && { violation: found[2] }) };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
