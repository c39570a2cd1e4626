/**
 * What webhooks remember across restarts, in one file of the data directory: which events of which record wait, and up to which record the journal was
 * looked at. Written soon after a change and at the end; what a crash forgets is found again in the journal.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readPrivateFile, writePrivateFile } from '../auth/private-file.ts';

/** One event that is to be delivered: the number of its record, and which of the record's events it is. */
export interface Waiting {
  readonly record: number;
  readonly part: number;
  /** Whose doing it tells of: the record's principal. */
  readonly who?: string | undefined;
}

export interface Remembered {
  /** Records up to here were looked at. */
  readonly seen: number;
  /** It was put down at an end in good order: nothing before `seen` was missed. */
  readonly ended: boolean;
  readonly waiting: readonly Waiting[];
}

const count = z.int().min(0);
const SHAPE = z.strictObject({
  v: z.literal(1),
  webhooks: z.record(
    z.string(),
    z.strictObject({
      seen: count,
      ended: z.boolean(),
      waiting: z.array(z.tuple([count, count, z.string().optional()])),
    }),
  ),
});

/** Milliseconds from a change to its writing. */
const SOON = 250;
const LARGEST = 64 * 1024 * 1024;

const written = ({ record, part, who }: Waiting): (number | string)[] =>
  who === undefined ? [record, part] : [record, part, who];

export class WebhookMemory {
  readonly #path: string | undefined;
  readonly #known = new Map<string, Remembered>();
  readonly #onFault: (message: string) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(dataDir: string | undefined, onFault: (message: string) => void) {
    this.#path = dataDir === undefined ? undefined : join(dataDir, 'webhooks.json');
    this.#onFault = onFault;
    this.#load();
  }

  get(name: string): Remembered | undefined {
    return this.#known.get(name);
  }

  put(name: string, remembered: Remembered): void {
    this.#known.set(name, remembered);
    if (this.#path === undefined) return;
    this.#timer ??= setTimeout(() => this.write(), SOON).unref();
  }

  /** Forgets those that are configured no more. */
  keep(names: readonly string[]): void {
    for (const name of this.#known.keys()) if (!names.includes(name)) this.#known.delete(name);
  }

  write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#path === undefined) return;
    const webhooks = Object.fromEntries(
      [...this.#known].map(([name, { seen, ended, waiting }]) => [
        name,
        { seen, ended, waiting: waiting.map(written) },
      ]),
    );
    try {
      writePrivateFile(this.#path, `${JSON.stringify({ v: 1, webhooks })}\n`);
    } catch (error) {
      this.#onFault(`webhooks: what waits cannot be written: ${String(error)}`);
    }
  }

  /** A file that cannot be read is as none: the journal from now on. */
  #load(): void {
    if (this.#path === undefined) return;
    try {
      const text = readPrivateFile(this.#path, LARGEST);
      if (text === undefined) return;
      const { webhooks } = SHAPE.parse(JSON.parse(text));
      for (const [name, { seen, ended, waiting }] of Object.entries(webhooks)) {
        const all = waiting.map(([record, part, who]) => ({ record, part, who }));
        this.#known.set(name, { seen, ended, waiting: all });
      }
    } catch (error) {
      this.#onFault(`webhooks: what waited cannot be read and is forgotten: ${String(error)}`);
    }
  }
}
