// How large the upload would be, built without uploading.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CliFailure } from '../../src/cli/cli-failure.ts';
import { captureWrangler } from '../../src/cli/wrangler.ts';

/** In bytes. */
export interface BundleSize {
  readonly raw: number;
  readonly gzipped: number;
  /** Of `raw`, what the user's handlers and the packages that they import take. */
  readonly handlers: number;
}

/**
 * Largest upload, gzipped, in bytes, beside what is the user's: what there is and a little room, so
 * that a dependency that slips in is seen. A quarter of it is the operator's page (its markup and
 * stylesheet, its API and log-in); a cold start reads all of it.
 */
export const BUNDLE_BUDGET_BYTES = 56 * 1024;

const METADATA = 'bundle-meta.json';
/** The user's room, and every package but ours. */
const THEIRS = /(?:^|\/)src\/handlers\/|node_modules\/(?!(?:hono|valibot)\/)/;

interface Metadata {
  readonly outputs: Record<string, { readonly inputs: Record<string, { readonly bytesInOutput: number }> }>;
}

/**
 * Builds the bundle and measures it. Throws a `CliFailure` where it does not build, or builds with
 * a warning.
 */
export async function measureBundle(): Promise<BundleSize> {
  const directory = mkdtempSync(join(tmpdir(), 'vastai-bundle-'));
  try {
    const { code, output } = await captureWrangler([
      'deploy',
      '--env=',
      '--dry-run',
      '--outdir',
      directory,
      '--metafile',
    ]);
    if (code !== 0 || /\[(?:WARNING|ERROR)\]/i.test(output)) {
      console.error(output.trim());
      throw new CliFailure(code === 0 ? 'the bundle has warnings (above)' : 'the bundle does not build (above)');
    }
    return sizeOf(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What is uploaded: modules, not source maps nor the notes that wrangler puts beside them. */
function sizeOf(directory: string): BundleSize {
  const modules = readdirSync(directory)
    .filter((name) => !name.endsWith('.map') && name !== 'README.md' && name !== METADATA)
    .map((name) => readFileSync(join(directory, name)));
  if (modules.length === 0) throw new CliFailure('wrangler wrote no bundle');
  return {
    raw: modules.reduce((sum, module) => sum + module.byteLength, 0),
    gzipped: modules.reduce((sum, module) => sum + gzipSync(module).byteLength, 0),
    handlers: handlersIn(JSON.parse(readFileSync(join(directory, METADATA), 'utf8'))),
  };
}

/** @param metadata What esbuild says of a bundle. */
export function handlersIn({ outputs }: Metadata): number {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([path]) => THEIRS.test(path)).reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
}

/** By how many bytes a bundle is over its budget. What handlers add is theirs. */
export function overBudget({ gzipped, handlers }: BundleSize): number {
  return gzipped - handlers - BUNDLE_BUDGET_BYTES;
}

export function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
