// One line on a terminal that grows; silence where the output is a file or a pipe.
const WIDTH = 30;
const REDRAW_MS = 100;

export interface ProgressBar {
  readonly show: (done: number, note?: string) => void;
  /** Wipes the line. */
  readonly end: () => void;
}

export function progressBar(label: string, total: number, stream: NodeJS.WriteStream = process.stderr): ProgressBar {
  if (!stream.isTTY) return { show: () => undefined, end: () => undefined };
  let drawnAt = 0;
  return {
    show: (done, note = '') => {
      const now = performance.now();
      if (now - drawnAt < REDRAW_MS && done < total) return;
      drawnAt = now;
      const filled = Math.min(Math.round((done / total) * WIDTH), WIDTH);
      const bar = `${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}`;
      stream.write(`\r\u001b[K${label} [${bar}] ${done.toLocaleString('en')}/${total.toLocaleString('en')} ${note}`);
    },
    end: () => void stream.write('\r\u001b[K'),
  };
}
