// Tables as a README shows them: to be read in a terminal, and pasted as they are.

/** @param numbers Indexes of the columns that are aligned to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const padded = (row: readonly string[]) =>
    widths.map((width, column) => {
      const cell = row[column] ?? '';
      return numbers.includes(column) ? cell.padStart(width) : cell.padEnd(width);
    });
  const rule = widths.map((width, column) =>
    numbers.includes(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(padded(head)), line(rule), ...rows.map((row) => line(padded(row)))].join('\n');
}
