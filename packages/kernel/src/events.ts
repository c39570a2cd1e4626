/**
 * What happened, for those who watch: a bounded ring that readers follow at their own pace. A principal sees its own; an auditor all of its
 * tenant. A reader too slow for the ring misses events and is told so.
 */
import type { JsonObject, KernelEvent } from '@portcullis/wire';
import { isNamed } from './approval/approvers.ts';
import { covers } from './gate/identity.ts';

const RING = 4_096;

export interface EventScope {
  readonly tenant: string;
  /** Left out: all of the tenant. */
  readonly principal?: string | undefined;
  /** Of what is over it also hears: what ends these principals and these roles; `*` is any. */
  readonly actsAs?: readonly string[];
  readonly bears?: readonly string[];
  /** Of what waits for people it also hears what it may answer. */
  readonly approves?: { readonly id: string; readonly roles: readonly string[] } | undefined;
}

/** What only some readers of an event get, or get it by. */
export interface EventExtras {
  /** In place of the fields, for who sees all of the tenant. */
  readonly auditor?: JsonObject;
  /** Told to whoever may bear it. */
  readonly role?: string;
  /** Told to who may approve, and is one of these; of nobody named, to all of them. */
  readonly approvers?: readonly string[];
}

interface Tap {
  readonly type: string;
  readonly scope: EventScope;
  readonly take: (event: KernelEvent) => void;
}

interface Entry {
  readonly tenant: string;
  readonly principal: string | undefined;
  readonly seq: number;
  readonly type: string;
  readonly at: number;
  readonly fields: JsonObject;
  readonly extras: EventExtras | undefined;
}

export class EventStream {
  readonly #ring: (Entry | undefined)[] = [];
  /** Numbers go on across restarts: a reader that resumes sees that it missed what came between. */
  readonly #before: number;
  #next: number;
  #closed = false;
  readonly #waiting = new Set<() => void>();
  readonly #taps = new Set<Tap>();

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
    extras?: EventExtras,
  ): void {
    const seq = this.#next;
    this.#ring[seq % RING] = { tenant, principal, seq, type, at, fields, extras };
    this.#next += 1;
    if (this.#waiting.size > 0) this.#wake();
    if (this.#taps.size > 0) this.#pass(this.#ring[seq % RING] as Entry);
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
        if (entry !== undefined && visible(entry, scope)) yield shown(entry, scope);
      }
      if (at >= this.#next) await this.#wait(signal);
    }
  }

  /** Every event of one type as it happens, none missed. The tap only takes it down; it is called within the change itself. */
  tap(type: string, scope: EventScope, take: (event: KernelEvent) => void): () => void {
    const tap = { type, scope, take };
    this.#taps.add(tap);
    return () => this.#taps.delete(tap);
  }

  #pass(entry: Entry): void {
    for (const { type, scope, take } of this.#taps) {
      if (type === entry.type && visible(entry, scope)) take(shown(entry, scope));
    }
  }

  close(): void {
    this.#taps.clear();
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

function shown(entry: Entry, scope: EventScope): KernelEvent {
  return {
    seq: entry.seq,
    type: entry.type,
    at: new Date(entry.at).toISOString(),
    ...entry.fields,
    ...(scope.principal === undefined ? entry.extras?.auditor : undefined),
  };
}

function visible(entry: Entry, scope: EventScope): boolean {
  if (entry.tenant !== scope.tenant) return false;
  if (scope.principal === undefined || entry.principal === scope.principal) return true;
  if (entry.type === 'approval') return answerable(entry, scope);
  if (entry.type !== 'invalidated') return false;
  const { extras, principal } = entry;
  return (
    (principal !== undefined && covers(scope.actsAs, principal)) ||
    (extras?.role !== undefined && covers(scope.bears, extras.role))
  );
}

function answerable({ extras }: Entry, { approves }: EventScope): boolean {
  const approvers = extras?.approvers ?? [];
  if (approves === undefined) return false;
  return approvers.length === 0 || isNamed(approvers, approves.id, approves.roles);
}
