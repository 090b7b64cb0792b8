// Whether a word is a known one with a typing error. Vast.ai's list of types grows, so a word that
// is merely unknown may be right.

const MOST_EDITS = 2;

/** The known word that was probably meant; none where `word` is known, or resembles none. */
export function nearMiss(word: string, known: readonly string[]): string | undefined {
  if (known.includes(word)) return undefined;
  // A short word with two edits is another word.
  for (let edits = 0; edits <= Math.min(MOST_EDITS, word.length / 3); edits += 1) {
    const near = known.find((each) => isWithin(edits, bare(word), bare(each)));
    if (near !== undefined) return near;
  }
  return undefined;
}

function bare(word: string): string {
  return word.trim().toLowerCase().replaceAll('-', '_');
}

/** One edit: a letter wrong, missing or too many, or two neighbours swapped. */
function isWithin(edits: number, one: string, other: string): boolean {
  if (one === other) return true;
  const [rest, otherRest] = [one.slice(1), other.slice(1)];
  if (one[0] === other[0]) return isWithin(edits, rest, otherRest);
  if (edits === 0) return false;
  const swapped = one[0] === other[1] && one[1] === other[0];
  return (
    isWithin(edits - 1, rest, otherRest) ||
    isWithin(edits - 1, rest, other) ||
    isWithin(edits - 1, one, otherRest) ||
    (swapped && isWithin(edits - 1, one.slice(2), other.slice(2)))
  );
}
