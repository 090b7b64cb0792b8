// Which instance and which machine an event is about, read from its English text: the payload has
// no field for either. The wording changes, so this would rather find nothing than the wrong one.

export interface Mentions {
  readonly instanceId?: number;
  readonly machineId?: number;
}

/** `instance 12`, `Instance #12`, `instance_id: 12`, and all of `instances 12, 13 and 14`. */
const idsAfter = (noun: string) =>
  `${noun}s?(?:[ _]ids?)? ?[:=]? ?#?((?:\\d+(?![\\w]|\\.\\d)(?: ?, ?| )?(?:(?:and|or) )?#?)+)`;
/** Anywhere, even within a longer word: each of them makes the text ambiguous. */
const everywhere = (noun: string) => new RegExp(idsAfter(noun), 'gi');
/** As words of their own: only such an id is believed. */
const asWords = (noun: string) => new RegExp(`(?<![^ "'(])${idsAfter(noun)}`, 'gi');

const kinds = {
  instanceId: { everywhere: everywhere('instance'), asWords: asWords('instance') },
  machineId: { everywhere: everywhere('machine'), asWords: asWords('machine') },
};

/**
 * The ids in subject and message: exactly one of a kind, or none. A text may quote an image's name,
 * which is a stranger's choice and may hold an "instance 999" of its own.
 */
export function mentionsIn(data: Readonly<Record<string, unknown>>): Mentions | undefined {
  const texts = [data.subject, data.message].filter((text) => typeof text === 'string');
  // One space at most between two words keeps the expressions linear.
  const text = texts.join(' \n ').replace(/\s+/g, ' ');
  const instanceId = onlyId(text, kinds.instanceId);
  const machineId = onlyId(text, kinds.machineId);
  if (instanceId === undefined && machineId === undefined) return undefined;
  return { ...(instanceId !== undefined && { instanceId }), ...(machineId !== undefined && { machineId }) };
}

function onlyId(text: string, kind: (typeof kinds)['instanceId']): number | undefined {
  const [id, ...others] = new Set(idsIn(text, kind.everywhere));
  const isOurs = others.length === 0 && idsIn(withoutImageName(text), kind.asWords).length > 0;
  return isOurs && Number.isSafeInteger(id) ? id : undefined;
}

function idsIn(text: string, ids: RegExp): number[] {
  return [...text.matchAll(ids)].flatMap(([, list = '']) => list.match(/\d+/g) ?? []).map(Number);
}

/** The name is what "running … on machine 12" has in its middle. */
function withoutImageName(text: string): string {
  const start = text.search(/\brunning /i);
  const end = text.toLowerCase().lastIndexOf(' on machine ');
  return start < 0 || end < start ? text : `${text.slice(0, start)}${text.slice(end)}`;
}
