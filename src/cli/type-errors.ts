// What TypeScript refuses in the code that is deployed: the first part of `npm run typecheck`.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { capture } from './wrangler.ts';

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/** @returns TypeScript's report, or an empty text where it has nothing to say. */
export async function findTypeErrors(signal?: AbortSignal): Promise<string> {
  const pretty = process.stdout.isTTY ? ['--pretty'] : [];
  const { code, output } = await capture(tsc, ['-p', '.', ...pretty], { signal });
  return code === 0 ? '' : output.trim() || `tsc ended with ${code}`;
}

/** Says once what TypeScript refuses, beside whatever runs meanwhile. `signal` ends it unsaid. */
export function warnOfTypeErrors(signal: AbortSignal): void {
  findTypeErrors(signal).then(
    (refused) => {
      if (refused) console.warn(`${refused}\n\nwarning: \`npm run deploy\` will refuse this code (above).\n`);
    },
    () => undefined,
  );
}
