/**
 * What happened, for those who watch: a bounded ring that readers follow at their own pace. A principal sees its own; an auditor all of its
 * tenant. A reader too slow for the ring misses events and is told so.
 */
import type { JsonObject, KernelEvent } from '@portcullis/wire';

const RING = 4_096;

export interface EventScope {
  readonly tenant: string;
  /** Left out: all of the tenant. */
  readonly principal?: string | undefined;
}

interface Entry {
  readonly tenant: string;
  readonly principal: string | undefined;
  readonly seq: number;
  readonly type: string;
  readonly at: number;
  readonly fields: JsonObject;
}

export class EventStream {
  readonly #ring: (Entry | undefined)[] = [];
  /** Numbers go on across restarts: a reader that resumes sees that it missed what came between. */
  readonly #before: number;
  #next: number;
  #closed = false;
  readonly #waiting = new Set<() => void>();

  /** `before`: the number before the first. */
  constructor(before: number = Date.now() * 1_000) {
    this.#before = before;
    this.#next = before + 1;
  }

  emit(
    tenant: string,
    principal: string | undefined,
    type: string,
    at: number,
    fields: JsonObject,
  ): void {
    this.#ring[this.#next % RING] = { tenant, principal, seq: this.#next, type, at, fields };
    this.#next += 1;
    if (this.#waiting.size > 0) this.#wake();
  }

  async *follow(
    scope: EventScope,
    after?: number,
    signal?: AbortSignal,
  ): AsyncGenerator<KernelEvent> {
    let at =
      after === undefined ? this.#next : Math.min(Math.max(after, this.#before) + 1, this.#next);
    if (after !== undefined && after > 0 && after < this.#before) {
      yield { seq: this.#before, type: 'missed', at: new Date().toISOString() };
    }
    while (!this.#closed && signal?.aborted !== true) {
      const oldest = Math.max(this.#before + 1, this.#next - RING);
      if (at < oldest) {
        yield { seq: oldest - 1, type: 'missed', at: new Date().toISOString(), count: oldest - at };
        at = oldest;
      }
      while (at < this.#next) {
        const entry = this.#ring[at % RING];
        at += 1;
        if (entry !== undefined && visible(entry, scope)) yield shown(entry);
      }
      if (at >= this.#next) await this.#wait(signal);
    }
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#closed || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

function shown(entry: Entry): KernelEvent {
  return {
    seq: entry.seq,
    type: entry.type,
    at: new Date(entry.at).toISOString(),
    ...entry.fields,
  };
}

function visible(entry: Entry, scope: EventScope): boolean {
  return (
    entry.tenant === scope.tenant &&
    (scope.principal === undefined || entry.principal === scope.principal)
  );
}
