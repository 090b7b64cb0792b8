// Which code is measured: this checkout, or another one beside it. The benches themselves are
// always ours, so that both are asked the same.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { usage } from '../../src/cli/cli-failure.ts';
import { projectRoot } from '../../src/cli/project-root.ts';

const BENCHES = 'test/workerd/bench';
const NEEDED = ['src', 'test', 'package.json', 'tsconfig.json'];

/**
 * A copy of another state of the code with our benches in it, removed when this process ends.
 *
 * @param reference What git knows (a branch, a commit) or a folder.
 * @returns Its root.
 */
export function codeBeside(reference: string): string {
  const root = mkdtempSync(join(tmpdir(), 'vastai-beside-'));
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  if (statSync(reference, { throwIfNoEntry: false })?.isDirectory()) {
    const copied = (file: string) => !['node_modules', '.git', '.wrangler'].includes(basename(file));
    for (const name of NEEDED) cpSync(join(reference, name), join(root, name), { recursive: true, filter: copied });
  } else {
    extract(reference, root);
  }
  rmSync(join(root, BENCHES), { recursive: true, force: true });
  mkdirSync(join(root, BENCHES), { recursive: true });
  cpSync(join(projectRoot, BENCHES), join(root, BENCHES), { recursive: true });
  symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
  return root;
}

function extract(reference: string, root: string): void {
  try {
    const archive = execFileSync('git', ['archive', reference, ...NEEDED], {
      cwd: projectRoot,
      maxBuffer: 1e9,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    execFileSync('tar', ['-x', '-C', root], { input: archive });
  } catch {
    throw usage(`--beside takes a folder or what git knows: ${reference} is neither`);
  }
}
