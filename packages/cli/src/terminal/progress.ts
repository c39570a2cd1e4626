/** Progress of long work: one line that is drawn over on a terminal, nothing in a pipe. */

export interface Progress {
  report(text: string): void;
  /** Clears the line. */
  done(): void;
}

const EVERY_MS = 100;

export function progress(): Progress {
  const { stderr } = process;
  if (stderr.isTTY !== true) return { report: () => {}, done: () => {} };
  let last = 0;
  let drawn = false;
  return {
    report(text) {
      const now = performance.now();
      if (now - last < EVERY_MS) return;
      last = now;
      drawn = true;
      stderr.write(`\r\u001b[2K${text}`);
    },
    done() {
      if (drawn) stderr.write('\r\u001b[2K');
    },
  };
}
