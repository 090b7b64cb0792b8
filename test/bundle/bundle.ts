// `npm run bundle`: what would be uploaded, built without uploading. Fails on any warning and above
// the size budget.
import { CliFailure } from '../../src/cli/cli-failure.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { BUNDLE_BUDGET_BYTES, kib, measureBundle, overBudget } from './bundle-size.ts';

await runCli(async () => {
  const size = await measureBundle();
  const budget = `budget ${kib(BUNDLE_BUDGET_BYTES)}, your handlers apart`;
  console.log(`bundle: ${kib(size.raw)}, ${kib(size.gzipped)} gzipped (${budget})`);
  const over = overBudget(size);
  if (over > 0) throw new CliFailure(`the bundle is ${over} bytes over its budget`);
  return 0;
});
