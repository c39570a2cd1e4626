/**
 * One webhook at work: its events go out one after the other, each until it was taken or given up, so that a receiver sees them in their order. The queue
 * is bounded, waits between attempts grow, and whatever is dropped is counted with the reason.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Kernel } from '@portcullis/wire';
import { attempt, type Delivery, deliveryOf } from './delivery.ts';
import type { Waiting, WebhookMemory } from './memory.ts';
import type { Endpoint } from './options.ts';

/** Why an event was not delivered: no room, refused too often, nobody answered for too long, gone from the journal. */
export const DROP_CAUSES = ['full', 'refused', 'unreached', 'gone'] as const;
export type DropCause = (typeof DROP_CAUSES)[number];

export interface WebhookCounts {
  attempts(name: string, outcome: 'delivered' | 'refused' | 'unreached'): void;
  dropped(name: string, cause: DropCause): void;
}

export interface EndpointParts {
  readonly kernel: Kernel;
  readonly memory: WebhookMemory;
  readonly counts: WebhookCounts;
  readonly now: () => number;
  readonly warn: (message: string) => void;
}

export class EndpointQueue {
  readonly endpoint: Endpoint;
  readonly #parts: EndpointParts;
  readonly #waiting: Waiting[];
  readonly #ended = new AbortController();
  #seen: number;
  #running: Promise<void> | undefined;

  constructor(endpoint: Endpoint, parts: EndpointParts, seen: number, waiting: readonly Waiting[]) {
    this.endpoint = endpoint;
    this.#parts = parts;
    this.#seen = seen;
    this.#waiting = [...waiting];
  }

  get size(): number {
    return this.#waiting.length;
  }

  get seen(): number {
    return this.#seen;
  }

  /** Takes an event down; the same one twice is one as long as it waits. */
  add(one: Waiting): void {
    const { name, times } = this.endpoint;
    const known = this.#waiting.some(
      ({ record, part }) => record === one.record && part === one.part,
    );
    if (known || this.#ended.signal.aborted) return;
    if (this.#waiting.length >= times.queue) {
      const going = crowding(this.#waiting);
      if (going > 0 && this.#waiting.splice(going, 1).length > 0)
        this.#parts.counts.dropped(name, 'full');
    }
    this.#waiting.push(one);
    this.remember();
    this.run();
  }

  /** Records up to here were looked at. */
  looked(record: number): void {
    if (record <= this.#seen) return;
    this.#seen = record;
    this.remember();
  }

  run(): void {
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
      if (this.#waiting.length > 0 && !this.#ended.signal.aborted) this.run();
    });
  }

  /** Stops at once; what waits is remembered. `inOrder`: nothing up to what was looked at was missed. */
  async end(inOrder: boolean): Promise<void> {
    this.#ended.abort();
    await this.#running;
    this.remember(inOrder);
  }

  remember(ended = false): void {
    this.#parts.memory.put(this.endpoint.name, {
      seen: this.#seen,
      ended,
      waiting: [...this.#waiting],
    });
  }

  async #drain(): Promise<void> {
    // Whoever caused this goes on first.
    await Promise.resolve();
    for (let one = this.#waiting[0]; one !== undefined; one = this.#waiting[0]) {
      if (this.#ended.signal.aborted) return;
      const settled = await this.#settle(one);
      if (!settled) return;
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      this.remember();
    }
  }

  /** True once it was taken or given up; false where this ends before. */
  async #settle(one: Waiting): Promise<boolean> {
    const {
      endpoint,
      endpoint: { name, times },
    } = this;
    const { counts, now } = this.#parts;
    const { signal } = this.#ended;
    const began = now();
    let refusals = 0;
    for (let tries = 0; !signal.aborted; tries++) {
      const delivery = await this.#read(one);
      if (delivery === 'gone') return this.#drop('gone');
      if (delivery === 'unreadable') {
        // What comes after it does not wait for good.
        if (now() - began > times.age) return this.#drop('gone');
      } else {
        const outcome = await attempt(endpoint, delivery, now(), signal);
        if (signal.aborted && outcome !== 'delivered') return false;
        counts.attempts(name, outcome);
        if (outcome === 'delivered') return true;
        if (outcome === 'refused') refusals += 1;
        if (refusals >= times.refusals) return this.#drop('refused');
        if (now() - delivery.at > times.age) return this.#drop('unreached');
      }
      await pause(wait(times.first, times.most, tries), undefined, { signal }).catch(() => {});
    }
    return false;
  }

  async #read(one: Waiting): Promise<Delivery | 'gone' | 'unreadable'> {
    try {
      return (await deliveryOf(this.endpoint, this.#parts.kernel, one)) ?? 'gone';
    } catch {
      return 'unreadable';
    }
  }

  #drop(cause: DropCause): true {
    this.#parts.counts.dropped(this.endpoint.name, cause);
    this.#parts.warn(`webhook ${this.endpoint.name}: an event was dropped (${cause})`);
    return true;
  }
}

/** Where the oldest stands of whom most waits, so that nobody crowds out what is told of others. Never the first, which is on its way; 0 where it is alone. */
function crowding(waiting: readonly Waiting[]): number {
  const of = new Map<string | undefined, { at: number; count: number }>();
  let most = { at: 0, count: 0 };
  for (let at = 1; at < waiting.length; at++) {
    const { who } = waiting[at] as Waiting;
    const one = of.get(who) ?? { at, count: 0 };
    one.count += 1;
    of.set(who, one);
    if (one.count > most.count) most = one;
  }
  return most.at;
}

/** Twice as long each time, with a quarter of chance, so that many do not come back together. */
function wait(first: number, most: number, tries: number): number {
  const grown = Math.min(most, first * 2 ** Math.min(tries, 30));
  return grown * (0.875 + Math.random() / 4);
}
