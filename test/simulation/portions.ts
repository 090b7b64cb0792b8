// Seeds in portions, each a test: on a loaded machine, too, one ends well within its time limit.

const PORTION = 100;

/** The seeds from `first` to `last`, in portions. */
export function portionsOf(first: number, last: number): [from: number, to: number][] {
  const count = Math.ceil((last - first + 1) / PORTION);
  return Array.from({ length: count }, (_, index) => {
    const from = first + index * PORTION;
    return [from, Math.min(from + PORTION - 1, last)];
  });
}
