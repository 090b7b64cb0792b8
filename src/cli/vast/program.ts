// The command line of `vast`: its commands, its help, and how every command ends.
import type { Command } from 'commander';
import { EXIT } from '../cli-failure.ts';
import { commandLine, withExamples } from '../command-line.ts';
import { sayIfSlow } from '../say-if-slow.ts';
import type { Action } from './connect.ts';
import { addDoctorCommand } from './doctor/doctor-command.ts';
import { addKeysCommand } from './keys/read-key.ts';
import { addRegisterCommand } from './register/register.ts';
import { addRotateCommand } from './rotate/rotate.ts';
import { createOutput, type Output } from './terminal/output.ts';
import type { Surroundings } from './terminal/surroundings.ts';
import { addTypesCommand } from './webhooks/types-command.ts';
import { addWebhookCommands } from './webhooks/webhooks-commands.ts';

const HELP_END = `
Environment:
  VAST_API_KEY   the API key; without it you are asked for it
  VAST_API_URL   another API than https://console.vast.ai
  OPS_TOKEN      the Worker's ops token, to read its ledger`;

/** Whatever takes long says what it waits for. */
function patient(surroundings: Surroundings, { warn }: Output): Surroundings {
  const { fetch: request, runCommand, sleep } = surroundings;
  return {
    ...surroundings,
    fetch: (input, init) =>
      sayIfSlow(request(input, init), () => `waiting for ${new URL(String(input)).host} to answer`, warn),
    runCommand: (command, ...rest) => sayIfSlow(runCommand(command, ...rest), () => `waiting for \`${command}\``, warn),
    sleep: (ms) => sayIfSlow(sleep(ms), () => `a pause of ${Math.round(ms / 1000)} s`, warn),
  };
}

/** Runs one command line and returns the exit code. Never throws. */
export async function runVast(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  // Before anything is parsed: what is refused there is told in the same way.
  const output = createOutput(surroundings, argv.includes('--json'));
  const context = { surroundings: patient(surroundings, output), output };
  let exitCode: number = EXIT.ok;
  const action: Action = (command, run) => {
    command.option('--json', 'one JSON object on stdout').action(async () => {
      const options = command.opts<Parameters<typeof run>[1] & object>();
      exitCode = (await run(context, options, command.processedArgs as number[])) ?? EXIT.ok;
    });
  };
  try {
    await createProgram(action, surroundings).parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return output.failure(error);
  }
}

function createProgram(action: Action, surroundings: Surroundings): Command {
  const examples = [
    'webhooks register --url https://vastai-webhooks.example.workers.dev --events billing,instance',
    'webhooks rotate',
    'doctor --url https://vastai-webhooks.example.workers.dev',
  ] as const;
  const program = commandLine('npm run vast --', ...examples)
    .description("Vast.ai's side of your webhooks: register, rotate, diagnose.")
    .usage('<command> [options]')
    .addHelpText('after', HELP_END)
    .exitOverride()
    .configureOutput({ writeOut: surroundings.stdout, writeErr: surroundings.stderr })
    .showHelpAfterError('(see --help)');
  addTypesCommand(program, action);
  const webhooks = withExamples(program.command('webhooks'), 'register --help');
  webhooks.description('list, register, update, delete, test and rotate webhooks');
  addWebhookCommands(webhooks, action);
  addRegisterCommand(webhooks, action);
  addRotateCommand(webhooks, action);
  addKeysCommand(program, action);
  addDoctorCommand(program, action);
  return program;
}
