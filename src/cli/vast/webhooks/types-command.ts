// `types`: what Vast.ai offers now, against the catalogue this project ships.
import type { Command } from 'commander';
import type { LiveType } from '../../../vast/vast-api.ts';
import { columns } from '../../columns.ts';
import { withExamples } from '../../command-line.ts';
import { type Action, connectToVast, expectOk } from '../connect.ts';
import { catalogueKeys, contextOf, isSecurityCritical, slugOf } from './event-keys.ts';

type Status = 'known' | 'new' | 'gone';

/** Live types in their order, then those that are gone: no longer offered. */
function compareTypes(live: readonly LiveType[]) {
  const [known, offered] = [new Set(catalogueKeys), new Set(live.map(({ key }) => key))];
  const compared = (key: string, name: string, status: Status) => {
    return { key, slug: slugOf(key), context: contextOf(key), name, status, securityCritical: isSecurityCritical(key) };
  };
  return [
    ...live.map(({ key, display_name: name }) => compared(key, name ?? '', known.has(key) ? 'known' : 'new')),
    ...catalogueKeys.filter((key) => !offered.has(key)).map((key) => compared(key, '', 'gone')),
  ];
}

function typeLines(types: ReturnType<typeof compareTypes>): string[] {
  const rows = types.map(({ key, name, status, securityCritical }) => [
    status === 'known' ? '' : status,
    key,
    securityCritical ? `${name} (security-critical: only by name)` : name,
  ]);
  const count = (status: Status) => types.filter((type) => type.status === status).length;
  return [...columns(rows), '', `${count('known')} known, ${count('new')} new, ${count('gone')} gone.`];
}

const HELP_END = `
A new type reaches your fallback handler; add it to src/event/catalogue.ts to give it a name of its own.`;

export function addTypesCommand(program: Command, action: Action): void {
  const command = withExamples(program.command('types'), '')
    .description('event types that Vast.ai offers now, against the catalogue shipped here')
    .addHelpText('after', HELP_END);
  action(command, async (context) => {
    const types = compareTypes(expectOk(await (await connectToVast(context)).types(), 'list the event types'));
    context.output.result({ types }, typeLines(types));
  });
}
