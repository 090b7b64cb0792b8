// `npm run trigger -- --list`: every known type with the subject of its sample.
import { contextOfGroup, notificationGroups, observedTypes, resourceTypes, TEST_TYPE } from '../event/catalogue.ts';
import { sampleOf } from '../event/samples.ts';
import { jsonObjectIn } from '../vast/json-object.ts';
import { columns } from './columns.ts';

/** One line each, by group. */
export function knownTypes(): string[] {
  const groups = [
    ...Object.entries(notificationGroups).map(([name, types]) => ({
      types,
      title: `${name} (${contextOfGroup(name)})`,
    })),
    { title: 'test', types: { [TEST_TYPE]: 'info' } },
    { title: 'resource dialect', types: resourceTypes },
    { title: 'told by patrol', types: observedTypes },
  ];
  const rows = groups.flatMap(({ title, types }) => [
    [title],
    ...Object.keys(types).map((type) => [`  ${type}`, subjectOf(type)]),
  ]);
  return columns(rows);
}

function subjectOf(type: string): string {
  return String(jsonObjectIn(sampleOf(type, { id: 'sample', now: 0 }).body)?.subject ?? '');
}
