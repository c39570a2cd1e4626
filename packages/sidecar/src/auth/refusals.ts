/**
 * Counts requests that were refused before anybody was known: one journal record per source, code and minute, so that a flood
 * of strangers cannot fill the journal. Memory is bounded: sources beyond the bound are counted together.
 */
import type { KernelHost } from '@portcullis/kernel';

const WINDOW = 60_000;
const MAX_SOURCES = 1024;

interface Count {
  readonly code: string;
  readonly source: string;
  count: number;
}

export class RefusalCounter {
  readonly #host: Pick<KernelHost, 'recordRefusal'>;
  readonly #counts = new Map<string, Count>();
  #timer: NodeJS.Timeout | undefined;

  constructor(host: Pick<KernelHost, 'recordRefusal'>) {
    this.#host = host;
  }

  /** `source`: an address, or `unix`. */
  count(code: string, source: string): void {
    let key = `${code} ${source}`;
    if (!this.#counts.has(key) && this.#counts.size >= MAX_SOURCES) key = `${code} others`;
    const seen = this.#counts.get(key);
    if (seen !== undefined) {
      seen.count++;
      return;
    }
    this.#counts.set(key, { code, source: key.slice(code.length + 1), count: 1 });
    this.#timer ??= setTimeout(() => this.flush(), WINDOW).unref();
  }

  /** Writes what was counted; at the end of a window, and at close. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts = [...this.#counts.values()];
    this.#counts.clear();
    for (const { code, source, count } of counts) {
      this.#host.recordRefusal(code, { source, count, window_ms: WINDOW });
    }
  }
}
