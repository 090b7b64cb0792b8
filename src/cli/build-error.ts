// Why the Worker does not build. While it does not, `wrangler dev` listens, and holds every
// request.
import { type BuildFailure, build } from 'esbuild';
import { projectRoot } from './project-root.ts';

/** The first error of wrangler's own bundler, as `file:line:column: text`; none if it builds. */
export async function buildError(directory = projectRoot): Promise<string | undefined> {
  const external = ['cloudflare:*', 'node:*'];
  const options = { bundle: true, write: false, logLevel: 'silent', format: 'esm', external } as const;
  try {
    await build({ ...options, absWorkingDir: directory, entryPoints: ['src/index.ts'] });
    return undefined;
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? [];
    const at = first?.location;
    return at ? `${at.file}:${at.line}:${at.column + 1}: ${first.text}` : first?.text;
  }
}
