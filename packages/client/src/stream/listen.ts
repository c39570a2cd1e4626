/**
 * Listening for what is over, across reconnects: each invalidation once, one call at a time, in order. The stream says what happens; after each
 * reconnect, and where the stream missed something, the list of those in force says what happened meanwhile.
 */
import type {
  Invalidation,
  InvalidationListener,
  InvalidationScope,
  KernelEvent,
  Listening,
  ListenOptions,
} from '@portcullis/wire';
import { PortcullisError } from '../errors.ts';
import { pause } from './pause.ts';

interface Source {
  follow(signal: AbortSignal, onOpen: () => void): AsyncIterable<KernelEvent>;
  list(): Promise<Invalidation[]>;
}

/** Scopes that wait for the listener; more are lost, and reported. */
const MOST_WAITING = 1_024;
/** Invalidations told apart from those told before. */
const MOST_KNOWN = 16_384;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5_000;

export function listen(
  source: Source,
  listener: InvalidationListener,
  options: ListenOptions,
): Listening {
  if (typeof listener !== 'function') throw new TypeError('a listener is a function');
  const end = new AbortController();
  const report = options.onError ?? ((error: unknown) => console.error(error));
  const tell = (error: unknown): void => {
    try {
      report(error);
    } catch {
      // A report that fails has nobody left to tell.
    }
  };
  const queue = new Queue(listener, tell, end.signal);
  let opened: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    opened = resolve;
  });
  end.signal.addEventListener('abort', () => opened(), { once: true });
  void pump(source, queue, tell, end.signal, opened);
  return Object.assign(() => end.abort(), { ready });
}

async function pump(
  source: Source,
  queue: Queue,
  tell: (error: unknown) => void,
  signal: AbortSignal,
  opened: () => void,
): Promise<void> {
  let wait = FIRST_WAIT;
  // What was over before anybody listened is no news; what came after this list, and before the stream, is in the next one.
  let baseline = false;
  const catchUp = async (): Promise<void> => {
    try {
      for (const one of await source.list()) queue.push(one.record, one);
    } catch (error) {
      if (!signal.aborted) tell(error);
    }
  };
  const onOpen = (): void => {
    wait = FIRST_WAIT;
    opened();
    void catchUp();
  };
  while (!signal.aborted) {
    try {
      if (!baseline) queue.know(await source.list());
      baseline = true;
      for await (const event of source.follow(signal, onOpen)) {
        if (event.type === 'invalidated') queue.push(event.record as number, scopeOf(event));
        else if (event.type === 'missed') void catchUp();
      }
    } catch (error) {
      if (signal.aborted) return;
      tell(error);
      if (error instanceof PortcullisError && error.retry !== 'later') return;
    }
    await pause(wait, signal);
    wait = Math.min(LONGEST_WAIT, wait * 2);
  }
}

const scopeOf = ({ target, id, reason, guard }: KernelEvent): InvalidationScope =>
  ({ target, id, reason, guard }) as unknown as InvalidationScope;

class Queue {
  readonly #listener: InvalidationListener;
  readonly #tell: (error: unknown) => void;
  readonly #signal: AbortSignal;
  readonly #known = new Set<string>();
  readonly #waiting: InvalidationScope[] = [];
  #lost = 0;
  #running = false;

  constructor(listener: InvalidationListener, tell: (error: unknown) => void, signal: AbortSignal) {
    this.#listener = listener;
    this.#tell = tell;
    this.#signal = signal;
  }

  know(all: readonly Invalidation[]): void {
    for (const { record, target, id } of all) this.#remember(`${record} ${target} ${id}`);
  }

  push(record: number, { target, id, reason, guard }: InvalidationScope): void {
    const key = `${record} ${target} ${id}`;
    if (this.#known.has(key)) return;
    this.#remember(key);
    if (this.#waiting.length >= MOST_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(Object.freeze({ target, id, reason, guard }));
    if (!this.#running) void this.#drain();
  }

  #remember(key: string): void {
    this.#known.add(key);
    if (this.#known.size <= MOST_KNOWN) return;
    for (const oldest of this.#known) {
      this.#known.delete(oldest);
      return;
    }
  }

  async #drain(): Promise<void> {
    this.#running = true;
    for (let scope = this.#waiting.shift(); scope !== undefined; scope = this.#waiting.shift()) {
      if (this.#signal.aborted) break;
      try {
        await this.#listener(scope);
      } catch (error) {
        this.#tell(error);
      }
      if (this.#lost > 0) {
        const lost = this.#lost;
        this.#lost = 0;
        this.#tell(new Error(`a listener was too slow for ${lost} invalidations: list them`));
      }
    }
    this.#running = false;
  }
}
