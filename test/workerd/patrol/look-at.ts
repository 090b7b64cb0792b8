// One look after another by patrol's own rules, without the object.
import { factsOf } from '../../../src/patrol/conditions.ts';
import { type Condition, differences, type Sighting } from '../../../src/patrol/differences.ts';
import { nextPicture, type Picture } from '../../../src/patrol/picture.ts';
import type { InstanceList } from '../../../src/vast/instances.ts';

/** @param open The conditions that were open before. */
export function conditionsAfter(open: readonly Condition[], sightings: readonly Sighting[]): Condition[] {
  const events = sightings.flatMap(({ event, wait }) => (wait ? [] : [event]));
  const ended = new Set(events.map(({ data }) => data.condition?.id));
  const opened = events.filter(({ type }) => type !== 'observed.cleared') as Condition[];
  return [...open.filter(({ id }) => !ended.has(id)), ...opened];
}

/** A complete look at an account of which nothing else is wrong. Times are in milliseconds. */
export function lookAt(before: Picture | null, list: InstanceList, open: readonly Condition[], now: number) {
  const picture = nextPicture(before, list, now);
  const sightings = differences(before, picture, open, factsOf(picture, null, 0), now);
  return { picture, sightings, conditions: conditionsAfter(open, sightings) };
}
