// `doctor`: every check, in the order in which a delivery meets it, each finding with its fix.
import type { Command } from 'commander';
import { EXIT } from '../../cli-failure.ts';
import { columns } from '../../columns.ts';
import { withExamples } from '../../command-line.ts';
import { secureTargetOf } from '../../target.ts';
import { type Action, connectToOps, connectToVast } from '../connect.ts';
import { checkReadKey } from '../keys/read-key.ts';
import { createWorkerClient } from '../worker/worker-client.ts';
import { checkLedger } from './check-ledger.ts';
import { checkVast } from './check-vast.ts';
import { checkAddress, checkHealth, checkSecret, doorFinding } from './check-worker.ts';
import { about, type Finding } from './finding.ts';

const HELP_END = `
What it needs something for that is not set is skipped:
  VAST_API_KEY            what Vast.ai has registered, and a test that it delivers
  OPS_TOKEN               recent deliveries, and whether that test is among them
  VAST_READ_KEY           whether the Worker's key reads instances, and no more than that
  VASTAI_WEBHOOK_SECRET   whether the Worker knows this secret (or …_HOST, for --endpoint host)

Exit code 1 if there is a problem, else 0.`;

export function addDoctorCommand(program: Command, action: Action): void {
  const command = withExamples(program.command('doctor'), '--url https://vastai-webhooks.example.workers.dev')
    .description('why do no events arrive? Each finding says what to do')
    .requiredOption('--url <url>', "the Worker's address, or the whole webhook URL")
    .option('--endpoint <name>', 'the endpoint at that address')
    .addHelpText('after', HELP_END);
  action<{ readonly url: string; readonly endpoint?: string }>(command, async (context, options) => {
    const { surroundings, output } = context;
    const target = secureTargetOf(options.url, options.endpoint);
    const worker = createWorkerClient(surroundings, target);
    const secret = surroundings.env[target.slots[0]];
    if (secret) output.protect(secret);
    const ops = connectToOps(context, target);
    const api = surroundings.env.VAST_API_KEY ? await connectToVast(context) : undefined;
    const door = await worker.unsigned();
    const findings: Finding[] = [
      checkAddress(target),
      ...(await checkHealth(worker, target)),
      doorFinding(door, target),
      await checkSecret(worker, target, secret),
      ...(api
        ? await checkVast({ api, door: door.kind, ops, output, surroundings, target })
        : [about('registration').skipped('To check what Vast.ai has registered and delivers, set VAST_API_KEY.')]),
      ...(await checkReadKey(context, api)),
      ...(await checkLedger(ops, surroundings.env.OPS_TOKEN, target, surroundings.now())),
    ];
    const healthy = findings.every((finding) => finding.level !== 'problem');
    output.result({ healthy, url: target.url, findings }, columns(findings.flatMap(findingRows)));
    return healthy ? EXIT.ok : EXIT.failed;
  });
}

const MARKS = { fine: 'ok', problem: 'PROBLEM', warning: 'warning', skipped: 'skipped' };

function findingRows({ check, level, found, fix }: Finding): string[][] {
  const row = [MARKS[level], check, found];
  return fix === undefined ? [row] : [row, ['', '', `→ ${fix}`]];
}
