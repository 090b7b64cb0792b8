// `doctor`: every check, in the order in which a delivery meets it, each finding with its cure.
import type { Command } from 'commander';
import { EXIT } from './cli-failure.ts';
import { connectToOps, connectToVast } from './connect.ts';
import { checkVast } from './doctor-vast.ts';
import { checkAddress, checkDoor, checkHealth, checkRecent, checkSecret } from './doctor-worker.ts';
import type { Finding } from './finding.ts';
import { handledTypesIn } from './handled-types.ts';
import type { Action } from './program.ts';
import { webhookTarget } from './webhook-url.ts';
import { createWorkerClient } from './worker-client.ts';

interface Options {
  readonly url: string;
  readonly endpoint?: string;
  readonly handlers?: string;
  readonly json?: boolean;
}

const HANDLERS = new URL('../../handlers/index.ts', import.meta.url);

const HELP_END = `
What it cannot look at without being given it is skipped:
  VAST_API_KEY            what Vast.ai has registered
  OPS_TOKEN               recent deliveries
  VASTAI_WEBHOOK_SECRET   (or _HOST, …) whether the Worker knows this secret

Exit code 1 if there is a problem, else 0.

Example:
  npm run vast -- doctor --url https://vastai-webhooks.example.workers.dev`;

export function addDoctorCommand(program: Command, action: Action): void {
  program
    .command('doctor')
    .description('why do no events arrive? Each finding comes with its cure')
    .requiredOption('--url <url>', "the Worker's address, or the whole webhook URL")
    .option('--endpoint <name>', 'the endpoint at that address')
    .option('--handlers <file>', 'your handlers, if not src/handlers/index.ts')
    .option('--json', 'one JSON object on stdout')
    .addHelpText('after', HELP_END)
    .action(
      action<Options>(async ({ surroundings, output }, options) => {
        const target = webhookTarget(options.url, options.endpoint);
        const worker = createWorkerClient(surroundings, target);
        const secret = surroundings.env[target.slots[0]];
        if (secret) output.protect(secret);
        const api = surroundings.env.VAST_API_KEY ? await connectToVast(surroundings, output) : undefined;
        const findings: Finding[] = [
          checkAddress(target),
          ...(await checkHealth(worker, target)),
          await checkDoor(worker, target),
          await checkSecret(worker, target, secret),
          ...(await checkVast(api, target, handledTypesIn(options.handlers ?? HANDLERS))),
          await checkRecent(connectToOps(surroundings, output, target)),
        ];
        const healthy = findings.every((finding) => finding.level !== 'problem');
        output.result({ healthy, url: target.url, findings }, findings.flatMap(findingLines));
        return healthy ? EXIT.ok : EXIT.failed;
      }),
    );
}

const MARKS: Record<Finding['level'], string> = {
  fine: 'ok',
  problem: 'PROBLEM',
  warning: 'warning',
  skipped: 'skipped',
};

function findingLines({ check, level, found, cure }: Finding): string[] {
  const line = `${MARKS[level].padEnd(8)} ${check.padEnd(13)} ${found}`;
  return cure === undefined ? [line] : [line, `${' '.repeat(23)}→ ${cure}`];
}
