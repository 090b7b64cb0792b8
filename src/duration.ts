// How long something took or is ago, for people: on the pages and in chats. Pure.

/** `140 ms`, `2.4 s`, `3 min 20 s`, `2 days 4 h`: from the largest unit on, two at most. */
export function duration(ms: number, most = 2): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${Math.round(ms / 100) / 10} s`;
  const seconds = Math.round(ms / 1_000);
  const days = Math.floor(seconds / 86_400);
  const counts = [
    [days, days === 1 ? 'day' : 'days'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const largest = counts.findIndex(([count]) => count > 0);
  const parts = counts.slice(largest, largest + most).filter(([count]) => count > 0);
  return parts.map((part) => part.join(' ')).join(' ');
}
