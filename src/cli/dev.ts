// `npm run dev` (and `npm start`): the Worker on this machine, with local KV and queues.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { DEFAULT_ENDPOINT, webhookPath } from '../endpoint.ts';
import { EXIT, usage } from './cli-failure.ts';
import { commandLine, wholeNumber } from './command-line.ts';
import { localVarsFile } from './local-secrets.ts';
import { projectRoot } from './project-root.ts';
import { runCli } from './run-cli.ts';
import { warnOfTypeErrors } from './type-errors.ts';
import { runWrangler } from './wrangler.ts';

const DEFAULT_PORT = 8787;

const program = commandLine('npm run dev --', '', '--port 8788', '--port 8788 --persist-to /tmp/other-state')
  .description('Run the Worker locally. Any other argument passes on to `wrangler dev`.')
  .option('-p, --port <port>', 'where to listen', wholeNumber(1, 65_535), DEFAULT_PORT)
  .argument('[arguments...]', 'for wrangler dev')
  .allowUnknownOption()
  .parse();

await runCli(async () => {
  const { port } = program.opts<{ port: number }>();
  await expectFree(port);
  const vars = localVarsFile(projectRoot);
  const elsewhere = port === DEFAULT_PORT ? '' : ` --url http://localhost:${port}`;

  console.log(`The Worker will listen at http://localhost:${port}${webhookPath(DEFAULT_ENDPOINT)} (Ctrl-C stops it).`);
  console.log(
    `Secrets: ${vars}${vars === '.dev.vars' ? '' : ' (copy .dev.vars.example to .dev.vars to set your own)'}`,
  );
  console.log(`Next, in another terminal: npm run trigger -- outbid${elsewhere}\n`);

  // wrangler finds .dev.vars by itself; any other file must be named.
  const varsArguments = vars === '.dev.vars' ? [] : ['--env-file', vars];
  // Tells the Worker that its queue forgets at every restart (src/limits.ts, `LOCAL_…`).
  const local = ['--var', 'LOCAL_DEV:1'];
  const ended = new AbortController();
  warnOfTypeErrors(ended.signal);
  // Not minified: a stack trace has the names of functions then.
  const options = ['--port', String(port), '--no-minify', ...local, ...varsArguments];
  const code = await runWrangler(['dev', ...options, ...program.args]);
  ended.abort();
  // Ctrl-C is how it ordinarily ends.
  return code === EXIT.interrupted ? EXIT.ok : code;
});

/** Wrangler finds out only once it has begun. @throws CliFailure (usage) */
async function expectFree(port: number): Promise<void> {
  const server = createServer().listen(port, 'localhost');
  await once(server, 'listening').catch(({ code }: NodeJS.ErrnoException) => {
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${code})`;
    throw usage(`port ${port} ${why}: stop what runs there, or take another one, as in npm run dev -- --port 8788`);
  });
  await new Promise((done) => server.close(done));
}
