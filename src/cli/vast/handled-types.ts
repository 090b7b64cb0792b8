// Which types have a handler of their own, read from the handlers' source as text: running it would need the Worker's
// runtime and secrets. It looks for the catalogue's names as property keys, so it reads code, not meaning.
import { readFileSync } from 'node:fs';
import { eventTypes } from '../../event/catalogue.ts';

/** The file's handled types, or nothing where it cannot be read. */
export function handledTypesIn(path: string | URL): ReadonlySet<string> | undefined {
  try {
    return handledTypes(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

export function handledTypes(source: string): ReadonlySet<string> {
  const code = source.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, ' ');
  return new Set(
    eventTypes.filter((type) => {
      const name = type.replace('.', '\\.');
      // `outbid: …`, `'outbid': …`, `outbid(…) {…}`, `async outbid(…)`, shorthand `outbid,`
      return new RegExp(`(?:^|[{,]|\\basync)\\s*(['"]?)${name}\\1\\s*[:(,}]`, 'm').test(code);
    }),
  );
}
