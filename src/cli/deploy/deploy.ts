// The recipe of `npm run deploy`: types first, then wrangler, mended where an earlier try left a KV
// namespace behind, then what is left to do.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliFailure, EXIT, usage } from '../cli-failure.ts';
import { findTypeErrors } from '../type-errors.ts';
import { runWrangler } from '../wrangler.ts';
import { readRecord } from './deploy-record.ts';
import { NAMESPACE_EXISTS, withKnownNamespaces } from './known-namespaces.ts';
import { nextSteps } from './next-steps.ts';
import { checkEnvironment, type DeployTarget, workerOptions } from './target.ts';
import { whyFailed } from './why-failed.ts';

/**
 * @param options For `wrangler deploy`, beside those of the target.
 * @returns The exit code.
 * @throws CliFailure with one sentence where nothing, or not all, was deployed.
 */
export async function deploy(target: DeployTarget, options: readonly string[], typeErrors = findTypeErrors) {
  await checkEnvironment(target);
  console.log('Checking the types');
  const refused = await typeErrors();
  if (refused) {
    console.error(refused);
    throw new CliFailure('not deployed: what does not compile would not run (above)');
  }
  // This one is cured below, and would be taken for the end.
  const isCured = (complaint: string) => complaint.includes(`[code: ${NAMESPACE_EXISTS}]`);
  let attempt = await runDeploy(target, options, isCured);
  if (attempt.failed?.code === NAMESPACE_EXISTS) {
    console.log('That namespace is there already, from an earlier deploy: starting again, with its id.');
    attempt = await withKnownNamespaces(target, (known) => runDeploy(known, options));
  }
  const { code, failed, deployed } = attempt;
  if (code === EXIT.interrupted) throw new CliFailure('interrupted: run it again, it takes up what is there', code);
  if (failed) throw await whyFailed(failed, target);
  // Its parser writes no record.
  if (!deployed && code === EXIT.failed) throw usage('wrangler does not take this command line (above)');
  if (deployed) for (const line of await nextSteps(target, deployed.address)) console.log(line);
  return code;
}

async function runDeploy(target: DeployTarget, options: readonly string[], unsaid?: (complaint: string) => boolean) {
  const directory = mkdtempSync(join(tmpdir(), 'vastai-deploy-'));
  const record = join(directory, 'deploy.ndjson');
  try {
    const args = ['deploy', ...workerOptions(target), ...options];
    const code = await runWrangler(args, { WRANGLER_OUTPUT_FILE_PATH: record }, unsaid);
    return { code, ...readRecord(existsSync(record) ? readFileSync(record, 'utf8') : '') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
