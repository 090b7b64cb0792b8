// `npm run bundle`: what would be uploaded, built without uploading. Fails on any warning and above
// the size budget.
import { CliFailure } from '../../src/cli/cli-failure.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { BUNDLE_BUDGET_BYTES, kib, measureBundle } from './bundle-size.ts';

await runCli(async () => {
  const { raw, gzipped } = await measureBundle();
  console.log(`bundle: ${kib(raw)}, ${kib(gzipped)} gzipped (budget ${kib(BUNDLE_BUDGET_BYTES)})`);
  if (gzipped > BUNDLE_BUDGET_BYTES) {
    throw new CliFailure(`the bundle is ${kib(gzipped - BUNDLE_BUDGET_BYTES)} over its budget`);
  }
  return 0;
});
