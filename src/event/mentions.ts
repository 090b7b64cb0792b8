// Which instance and which machine an event is about, read from its English text: the payload has
// no field for either. The wording changes, so this would rather find nothing than the wrong one.

export interface Mentions {
  readonly instanceId?: number;
  readonly machineId?: number;
}

/** `instance 12`, `Instance #12`, `machine_id: 12`, and all of `instances 12, 13 and 14`. */
const MENTION =
  /([Ii]nstance|[Mm]achine)s?(?:[ _][Ii][Dd]s?)? ?[:=]? ?#?((?:\d+(?!\w|\.\d)(?: ?, ?| )?(?:(?:and|or) )?#?)+)/g;

/** One space at most between two words keeps the expression linear. */
const LOOSE_SPACE = /\s\s+|[^\S ]/;

/**
 * The ids in subject and message: exactly one of a kind, or none. A text may quote an image's name,
 * which is a stranger's choice and may hold an "instance 999" of its own.
 */
export function mentionsIn(data: Readonly<Record<string, unknown>>): Mentions | undefined {
  const joined = [data.subject, data.message].filter((text) => typeof text === 'string').join(' | ');
  const text = LOOSE_SPACE.test(joined) ? joined.replace(/\s+/g, ' ') : joined;
  const found = { instance: new Candidates(), machine: new Candidates() };
  const image = imageNameIn(text);
  for (const { 1: noun = '', 2: list = '', index } of text.matchAll(MENTION)) {
    const isWord = index === 0 || ` "'(`.includes(text.charAt(index - 1));
    const isOurs = isWord && !(index >= image.start && index < image.end);
    found[noun.toLowerCase() as keyof typeof found].add(list, isOurs);
  }
  const [instanceId, machineId] = [found.instance.single(), found.machine.single()];
  if (instanceId === undefined && machineId === undefined) return undefined;
  return { ...(instanceId !== undefined && { instanceId }), ...(machineId !== undefined && { machineId }) };
}

/** Ids of one kind: any makes a text ambiguous, only those in Vast.ai's own words are believed. */
class Candidates {
  readonly #ids = new Set<number>();
  #isOurs = false;

  add(list: string, isOurs: boolean): void {
    for (const digits of list.match(/\d+/g) ?? []) this.#ids.add(Number(digits));
    this.#isOurs ||= isOurs;
  }

  single(): number | undefined {
    const [id] = this.#ids;
    return this.#ids.size === 1 && this.#isOurs && Number.isSafeInteger(id) ? id : undefined;
  }
}

/** What stands between "running" and "on machine 12". */
function imageNameIn(text: string): { readonly start: number; readonly end: number } {
  const start = text.indexOf(' running ');
  return { start, end: start < 0 ? start : text.lastIndexOf(' on machine ') };
}
