// `npm run deploy` without its check of the types, which takes longer than the deploy: the target
// as JSON, then options for wrangler.
import { deploy } from '../../../../src/cli/deploy/deploy.ts';
import { runCli } from '../../../../src/cli/run-cli.ts';

const [target = '', ...options] = process.argv.slice(2);
await runCli(() => deploy({ env: '', ...JSON.parse(target) }, options, async () => ''));
