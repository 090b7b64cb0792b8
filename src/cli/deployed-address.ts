// Reads where a Worker went from the record that wrangler writes of its deployments (one JSON object a line).

/** The first public address of the last deployment, without a trailing slash; none where the record names none. */
export function deployedAddress(record: string): string | undefined {
  const targets = record
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line))
    .findLast(isDeployment)?.targets;
  return targets?.find((target) => target.startsWith('https://'))?.replace(/\/+$/, '');
}

function isDeployment(entry: unknown): entry is { targets: string[] } {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    'type' in entry &&
    entry.type === 'deploy' &&
    'targets' in entry &&
    Array.isArray(entry.targets)
  );
}
