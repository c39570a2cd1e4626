/** For tests: a real sidecar in its own directory, started by the real command, ready when this resolves. */
import type { ChildProcess } from 'node:child_process';
import type { Place } from './run.ts';

export interface Serving {
  readonly child: ChildProcess;
  /** What it printed before it was up. */
  readonly banner: string;
  readonly url: string;
  /** Asks it to stop and waits: its exit code. */
  stop(): Promise<number | null>;
}

export function serve(here: Place, args: readonly string[] = []): Promise<Serving> {
  const child = here.start(['serve', '--port', '0', ...args]);
  let banner = '';
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) => reject(new Error(`serve ended with ${code}: ${err}`)));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      banner += text;
      const url = /http +(https?:\S+)/.exec(banner)?.[1];
      if (url === undefined || !banner.includes('Ctrl-C')) return;
      resolve({
        child,
        banner,
        url,
        stop: () =>
          new Promise((done) => {
            child.once('close', done);
            child.kill('SIGTERM');
          }),
      });
    });
  });
}
