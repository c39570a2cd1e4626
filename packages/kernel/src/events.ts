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

/** What every action leaves: one when it was decided, one when it was executed. */
export interface ActionEvent {
  readonly id: string;
  readonly session: string;
  readonly action: string;
  /** Of a decision its effect, of an outcome its status. */
  readonly came: string;
  /** Of a decision. */
  readonly code: string;
}

/**
 * A place in the ring, written again when its turn comes: nearly every event is soon overwritten and seen by nobody, and a new object for each, which lives
 * just long enough for the collector to have moved it twice, cost more than all else about it. INVARIANT: nobody is given the entry itself.
 */
class Entry implements ActionEvent {
  tenant = '';
  principal: string | undefined = undefined;
  seq = 0;
  type = '';
  at = 0;
  /** undefined where it is a decision or an outcome, and what it says stands in the entry itself. */
  fields: JsonObject | undefined = undefined;
  extras: EventExtras | undefined = undefined;
  id = '';
  session = '';
  action = '';
  came = '';
  code = '';
}

export class EventStream {
  readonly #ring: Entry[] = [];
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
    const entry = this.#place(tenant, principal, type, at);
    entry.fields = fields;
    entry.extras = extras;
    this.#tell(entry);
  }

  /** What was decided. */
  decided(tenant: string, principal: string, at: number, about: ActionEvent): void {
    this.#acted(this.#place(tenant, principal, 'decision', at), about);
  }

  /** What came of it. */
  settled(tenant: string, principal: string, at: number, about: Omit<ActionEvent, 'code'>): void {
    this.#acted(this.#place(tenant, principal, 'outcome', at), about);
  }

  #acted(entry: Entry, about: Omit<ActionEvent, 'code'> & { readonly code?: string }): void {
    entry.fields = undefined;
    entry.extras = undefined;
    entry.id = about.id;
    entry.session = about.session;
    entry.action = about.action;
    entry.came = about.came;
    entry.code = about.code ?? '';
    this.#tell(entry);
  }

  #place(tenant: string, principal: string | undefined, type: string, at: number): Entry {
    const seq = this.#next;
    this.#next += 1;
    // From the first place on, so that the ring has no holes.
    const place = (seq - this.#before - 1) % RING;
    let entry = this.#ring[place];
    if (entry === undefined) {
      entry = new Entry();
      this.#ring[place] = entry;
    }
    entry.tenant = tenant;
    entry.principal = principal;
    entry.seq = seq;
    entry.type = type;
    entry.at = at;
    return entry;
  }

  #tell(entry: Entry): void {
    if (this.#waiting.size > 0) this.#wake();
    if (this.#taps.size > 0) this.#pass(entry);
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
        const entry = this.#ring[(at - this.#before - 1) % RING];
        // Overtaken while its reader was busy with the one before.
        if (entry?.seq !== at) break;
        at += 1;
        if (visible(entry, scope)) yield shown(entry, scope);
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
    ...(entry.fields ?? ofAction(entry)),
    ...(scope.principal === undefined ? entry.extras?.auditor : undefined),
  };
}

const ofAction = ({ type, id, session, principal, action, came, code }: Entry): JsonObject =>
  type === 'outcome'
    ? { id, session, action, status: came }
    : { id, session, principal: principal as string, action, effect: came, code };

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
