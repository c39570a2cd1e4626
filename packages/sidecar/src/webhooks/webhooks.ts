/**
 * Webhooks: signed requests that tell configured receivers what waits for people and what was ended, at least once each. What happens is heard of at once
 * and read from the journal; what was missed, by a crash or in a flood, is looked for in the journal.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Caller, KernelHost } from '@portcullis/kernel';
import type { JournalQuery, JournalRecord, Kernel } from '@portcullis/wire';
import { EndpointQueue, type WebhookCounts } from './endpoint.ts';
import { eventsOf, SOURCES } from './events.ts';
import { WebhookMemory } from './memory.ts';
import type { Endpoint } from './options.ts';

const PAGE = 1_000;
/** Records before the last one seen that are looked at again after a crash: what happened together was written in another order. */
const OVERLAP = 1_000;
const WRITTEN_TRIES = 100;
const WRITTEN_PAUSE = 20;
/** Types of live events that tell of a record worth a look. */
const HEARD: ReadonlySet<string> = new Set([
  'approval',
  'session',
  'invalidated',
  'restored',
  'freeze',
]);

export interface WebhookContext {
  readonly host: KernelHost;
  readonly dataDir: string | undefined;
  readonly counts: WebhookCounts;
  readonly now: () => number;
  readonly warn: (message: string) => void;
}

/** Reads what is on record and what approvers are shown, and can do nothing. */
const watcher = (tenant: string): Caller => ({
  tenant,
  credential: 'webhooks',
  principal: { id: 'portcullis.webhooks', kind: 'service', roles: [], attributes: {} },
  rights: new Set(['explain', 'journal']),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});

export class Webhooks {
  readonly #context: WebhookContext;
  readonly #memory: WebhookMemory;
  readonly #queues: readonly EndpointQueue[];
  readonly #kernels = new Map<string, Kernel>();
  readonly #ended = new AbortController();
  #feeds: Promise<unknown> | undefined;
  /** Tenants whose journal was looked back at. */
  readonly #caughtUp = new Set<string>();

  constructor(context: WebhookContext, endpoints: readonly Endpoint[]) {
    this.#context = context;
    this.#memory = new WebhookMemory(context.dataDir, context.warn);
    this.#memory.keep(endpoints.map(({ name }) => name));
    const newest = context.host.status().journal.seq;
    this.#queues = endpoints.map((endpoint) => {
      const { tenant, name } = endpoint;
      const kernel = this.#kernels.get(tenant) ?? context.host.as(watcher(tenant));
      this.#kernels.set(tenant, kernel);
      const { memory, counts, now, warn } = { memory: this.#memory, ...context };
      // A new one hears of what happens from now on.
      const { seen, ended, waiting } = memory.get(name) ?? {
        seen: newest,
        ended: true,
        waiting: [],
      };
      const from = ended ? seen : Math.max(0, seen - OVERLAP);
      return new EndpointQueue(endpoint, { kernel, memory, counts, now, warn }, from, waiting);
    });
  }

  /** Events that wait, of the webhook of this name. */
  waiting(name: string): number {
    return this.#queues.find(({ endpoint }) => endpoint.name === name)?.size ?? 0;
  }

  start(): void {
    for (const queue of this.#queues) {
      // From now on a crash is one.
      queue.remember();
      queue.run();
    }
    if (this.#queues.length > 0) this.#memory.write();
    this.#feeds = Promise.all([...this.#kernels.keys()].map((tenant) => this.#feed(tenant)));
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await this.#feeds;
    // What was heard of and not taken down yet.
    for (const tenant of this.#caughtUp) await this.#lookBack(tenant);
    await Promise.all(
      this.#queues.map((queue) => queue.end(this.#caughtUp.has(queue.endpoint.tenant))),
    );
    if (this.#queues.length > 0) this.#memory.write();
  }

  async #feed(tenant: string): Promise<void> {
    const { signal } = this.#ended;
    const heard = this.#kernelOf(tenant).events({ signal })[Symbol.asyncIterator]();
    // Asked for before the look back: nothing falls between the two.
    let next = heard.next();
    await this.#lookBack(tenant);
    if (!signal.aborted) this.#caughtUp.add(tenant);
    while (!signal.aborted) {
      const { value: event, done } = await next;
      if (done === true) return;
      next = heard.next();
      if (event.type === 'missed') await this.#lookBack(tenant);
      else if (HEARD.has(event.type) && typeof event.record === 'number')
        await this.#take(tenant, event.record);
    }
  }

  #kernelOf(tenant: string): Kernel {
    return this.#kernels.get(tenant) as Kernel;
  }

  #of(tenant: string): readonly EndpointQueue[] {
    return this.#queues.filter(({ endpoint }) => endpoint.tenant === tenant);
  }

  async #take(tenant: string, seq: number): Promise<void> {
    const queues = this.#of(tenant);
    try {
      const record = await written(this.#kernelOf(tenant), seq);
      for (const queue of queues) offer(queue, record);
      for (const queue of queues) queue.looked(seq);
    } catch (error) {
      this.#context.warn(`webhooks: record ${seq} cannot be read: ${String(error)}`);
    }
  }

  /** Everything on record since the last that was seen. */
  async #lookBack(tenant: string): Promise<void> {
    const kernel = this.#kernelOf(tenant);
    const queues = this.#of(tenant);
    const last = this.#context.host.status().journal.seq;
    const after = Math.min(...queues.map(({ seen }) => seen));
    if (after >= last) return;
    try {
      const found = new Set<number>();
      for (const source of SOURCES)
        for await (const seq of this.#numbers(tenant, source, after)) found.add(seq);
      for (const seq of [...found].sort((a, b) => a - b)) {
        const record = await kernel.record(seq);
        for (const queue of queues) if (seq > queue.seen) offer(queue, record);
      }
      for (const queue of queues) queue.looked(last);
    } catch (error) {
      this.#context.warn(`webhooks: the journal cannot be read: ${String(error)}`);
    }
  }

  /** Numbers of records that hold an event. */
  async *#numbers(tenant: string, source: JournalQuery, after: number): AsyncGenerator<number> {
    let from: number | undefined = after;
    const lookingBack = !this.#caughtUp.has(tenant);
    while (from !== undefined && !(lookingBack && this.#ended.signal.aborted)) {
      const page = await this.#kernelOf(tenant).journal({ ...source, after: from, limit: PAGE });
      for (const record of page.records) if (eventsOf(record).length > 0) yield record.seq;
      from = page.next;
    }
  }
}

/** Heard of in the run that appends it, a record is written a moment later. */
async function written(kernel: Kernel, seq: number): Promise<JournalRecord> {
  for (let tries = 0; ; tries++) {
    try {
      return await kernel.record(seq);
    } catch (error) {
      if (tries === WRITTEN_TRIES) throw error;
      await pause(WRITTEN_PAUSE);
    }
  }
}

function offer(queue: EndpointQueue, record: JournalRecord): void {
  const who = record.principal as string | undefined;
  for (const [part, { type }] of eventsOf(record).entries())
    if (queue.endpoint.events.has(type)) queue.add({ record: record.seq, part, who });
}
