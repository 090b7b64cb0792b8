// CPU time of processes of ours, from the kernel's accounting: on a busy machine a clock on the
// wall counts what others do. Elsewhere than on Linux it is the wall's all the same, and `UNIT`
// says so.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

const KERNEL_COUNTS = existsSync('/proc/self/schedstat');

export const UNIT = KERNEL_COUNTS ? 'CPU time of workerd' : 'wall-clock time: only Linux tells CPU time here';

/** Ids of the workerd processes that this process has started; none where nobody can tell. */
export function workerdProcesses(): readonly string[] {
  if (!KERNEL_COUNTS) return [];
  return readdirSync('/proc/self/task')
    .flatMap((thread) => read(`/proc/self/task/${thread}/children`).trim().split(' '))
    .filter((pid) => read(`/proc/${pid}/comm`).trim() === 'workerd');
}

/** Milliseconds that a process has run so far, over all its threads. */
export function millisecondsOf(pid: string | undefined): number {
  if (pid === undefined) return performance.now();
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => read(`/proc/${pid}/task/${thread}/schedstat`));
  return threads.reduce((sum, nanoseconds) => sum + Number.parseInt(nanoseconds, 10), 0) / 1e6;
}

/** A thread or process may have ended since it was listed. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '0';
  }
}
