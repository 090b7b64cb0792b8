// The project's documents, taken apart: code blocks, headings, links. Enough Markdown for how they
// are written, no more.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const root = join(import.meta.dirname, '../../..');

export interface Block {
  readonly language: string;
  readonly text: string;
}

export interface Document {
  /** From the project's root. */
  readonly path: string;
  readonly lines: readonly string[];
  readonly blocks: readonly Block[];
  /** What is not in a code block. */
  readonly prose: string;
}

const FENCED = /^```(\w*)\n(.*?)^```$/gms;

function documentAt(path: string): Document {
  const text = readFileSync(join(root, path), 'utf8');
  return {
    path,
    lines: text.split('\n').slice(0, -1),
    blocks: [...text.matchAll(FENCED)].map(([, language = '', block = '']) => ({ language, text: block })),
    prose: text.replaceAll(FENCED, ''),
  };
}

export const documents: readonly Document[] = globSync('**/*.md', {
  cwd: root,
  exclude: (name) => name === 'node_modules',
})
  .sort()
  .map(documentAt);

/** The commands of the `sh` blocks, one a line, each once. */
export const commands: readonly string[] = [
  ...new Set(
    documents
      .flatMap(({ blocks }) => blocks.filter(({ language }) => language === 'sh'))
      .flatMap(({ text }) => text.split('\n'))
      .filter((line) => line.trim() !== ''),
  ),
];

/** Anchors that GitHub gives a document's headings. */
export function anchorsIn({ prose }: Document): Set<string> {
  const headings = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Links and images that stay in the project, as paths from its root. */
export function localLinksIn({ path, prose }: Document): { target: string; anchor: string }[] {
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^https?:/.test(link))
    .map((link) => {
      const [file = '', anchor = ''] = link.split('#');
      return { target: file === '' ? path : relative(root, join(root, dirname(path), file)), anchor };
    });
}

/** Files that a document names in code spelling, as it spells them: `limits.ts`, `src/edge/`. */
export function filesNamedIn({ prose }: Document): string[] {
  const names = /`((?:src|test)\/[\w./-]*|(?:[\w-]+\/)*[\w-]+(?:\.test)?\.(?:ts|tsx|toml|json|md))`/g;
  return [...prose.matchAll(names)].map(([, name = '']) => name);
}
