// `npm run bundle`: what would be uploaded, built without uploading. Fails on any warning and above the size budget.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CliError, runCli } from './run-cli.ts';
import { captureWrangler } from './wrangler.ts';

/** Largest upload, gzipped, in bytes. Keeps a cold start short, and a dependency that slips in visible. The operator's page is almost half. */
const BUDGET_BYTES = 48 * 1024;

await runCli(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vastai-bundle-'));
  try {
    const { code, output } = await captureWrangler(['deploy', '--dry-run', '--outdir', directory]);
    if (code !== 0 || /\[(?:WARNING|ERROR)\]/i.test(output)) {
      console.error(output.trim());
      throw new CliError(code === 0 ? 'the bundle has warnings (above)' : 'the bundle does not build (above)');
    }
    const { raw, gzipped } = sizeOf(directory);
    console.log(`bundle: ${kib(raw)}, ${kib(gzipped)} gzipped (budget ${kib(BUDGET_BYTES)})`);
    if (gzipped > BUDGET_BYTES) throw new CliError(`the bundle is ${kib(gzipped - BUDGET_BYTES)} over its budget`);
    return 0;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** What is uploaded: modules, not their source maps nor the note that wrangler puts beside them. */
function sizeOf(directory: string): { raw: number; gzipped: number } {
  const modules = readdirSync(directory)
    .filter((name) => !name.endsWith('.map') && name !== 'README.md')
    .map((name) => readFileSync(join(directory, name)));
  if (modules.length === 0) throw new CliError('wrangler wrote no bundle');
  return {
    raw: modules.reduce((sum, module) => sum + module.byteLength, 0),
    gzipped: modules.reduce((sum, module) => sum + gzipSync(module).byteLength, 0),
  };
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
