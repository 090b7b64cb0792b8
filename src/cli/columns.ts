// Tables for people: the one way in which commands line up columns.

/**
 * Rows as lines with aligned columns; the last column is not padded.
 *
 * @param right Indexes of the columns that are aligned to the right, as numbers are.
 */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  const aligned = (cell: string, index: number) => {
    const width = widths[index] ?? 0;
    return right.includes(index) ? cell.padStart(width) : cell.padEnd(width);
  };
  return rows.map((row) => row.map(aligned).join('  ').trimEnd());
}
