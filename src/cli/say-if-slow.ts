// Whatever takes more than two seconds says what it waits for.
const SLOW_MS = 2_000;

/** Says one line if the work has not ended within two seconds, and not by the time it is found. */
export async function sayIfSlow<Value>(
  work: Promise<Value>,
  findWords: () => string | Promise<string>,
  say: (line: string) => void,
): Promise<Value> {
  let ended = false;
  const timer = setTimeout(async () => {
    const line = await findWords();
    if (!ended) say(line);
  }, SLOW_MS);
  return work.finally(() => {
    ended = true;
    clearTimeout(timer);
  });
}
