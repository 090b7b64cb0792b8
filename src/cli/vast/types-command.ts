// `types`: what Vast.ai offers now, against the catalogue this project ships.
import type { Command } from 'commander';
import { toCliFailure } from './api-failure.ts';
import { connectToVast } from './connect.ts';
import { catalogueKeys, contextOf, isSecurityCritical, slugOf } from './event-keys.ts';
import { columns, oneLine } from './output.ts';
import type { Action } from './program.ts';
import type { LiveType } from './vast-api.ts';

export interface ComparedType {
  readonly key: string;
  readonly slug: string;
  readonly context: string;
  readonly name: string;
  /** `new`: not in the catalogue yet; it reaches the fallback handler. `gone`: no longer offered. */
  readonly status: 'known' | 'new' | 'gone';
  readonly securityCritical: boolean;
}

/** Live types in their order, then those that are gone. */
export function compareTypes(live: readonly LiveType[]): ComparedType[] {
  const known = new Set(catalogueKeys);
  const offered = new Set(live.map((type) => type.key));
  const compared = live.map((type) => ({
    key: type.key,
    slug: type.slug,
    context: type.context,
    name: oneLine(type.display_name ?? ''),
    status: known.has(type.key) ? ('known' as const) : ('new' as const),
    securityCritical: isSecurityCritical(type.key),
  }));
  const gone = catalogueKeys
    .filter((key) => !offered.has(key))
    .map((key) => ({
      key,
      slug: slugOf(key),
      context: contextOf(key),
      name: '',
      status: 'gone' as const,
      securityCritical: isSecurityCritical(key),
    }));
  return [...compared, ...gone];
}

export function typeLines(types: readonly ComparedType[]): string[] {
  const rows = types.map(({ key, name, status, securityCritical }) => [
    status === 'known' ? '' : status,
    key,
    securityCritical ? `${name} (security-critical: only by name)` : name,
  ]);
  const count = (status: ComparedType['status']) => types.filter((type) => type.status === status).length;
  return [...columns(rows), '', `${count('known')} known, ${count('new')} new, ${count('gone')} gone.`];
}

export function addTypesCommand(program: Command, action: Action): void {
  program
    .command('types')
    .description('event types that Vast.ai offers now, against the catalogue shipped here')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      '\nA new type reaches your fallback handler; add it to src/event/catalogue.ts to give it a name of its own.',
    )
    .action(
      action(async ({ surroundings, output }) => {
        const api = await connectToVast(surroundings, output);
        const live = await api.types();
        if (!live.ok) throw toCliFailure(live.failure, 'list the event types');
        const types = compareTypes(live.value);
        output.result({ types }, typeLines(types));
      }),
    );
}
