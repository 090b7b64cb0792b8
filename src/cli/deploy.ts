// `npm run deploy`: its command line. What it does is in deploy/deploy.ts.
import { commandLine } from './command-line.ts';
import { deploy } from './deploy/deploy.ts';
import type { DeployTarget } from './deploy/target.ts';
import { runCli } from './run-cli.ts';

const program = commandLine('npm run deploy --', '', '--env staging', '--dry-run')
  .description(
    'Check the types, put the Worker on your Cloudflare account, and say what is left to do. ' +
      'Any other option passes on to `wrangler deploy`. src/cli/README.md has more.',
  )
  .option('-e, --env <name>', 'an environment of wrangler.toml', process.env.CLOUDFLARE_ENV ?? '')
  .option('--name <name>', 'the Worker, where not as in wrangler.toml')
  .option('-c, --config <file>', 'instead of wrangler.toml')
  .argument('[arguments...]', 'for wrangler deploy')
  .allowUnknownOption()
  .parse();

await runCli(() => deploy(program.opts<DeployTarget & Record<string, string>>(), program.args));
