/**
 * What a stream leaves for its handle: every piece, row by row, in the vault as it comes. Where it grows too large or the vault has no room, nothing is
 * kept, and `why` says so: the stream goes on.
 */
import type { Json } from '@portcullis/wire';
import { sizeAsJson } from '../../../frame/clip.ts';
import { linesOf } from '../../../frame/rows.ts';
import type { Kept, ValueWriter } from '../../../handle/value.ts';
import type { Parts } from '../../../parts.ts';

/** Bytes of masked data that a handle may name. */
const LARGEST = 64 * 1024 * 1024;
/** UTF-16 units of masked text that wait for the end of their line. */
const LONGEST_LINE = 4_096;

export class KeptRows {
  readonly #onMessage: Parts['onMessage'];
  /** Undefined where nothing is kept any more. */
  #writer: ValueWriter | undefined;
  #why: string | undefined;
  #line = '';
  #bytes = 0;

  constructor(writer: ValueWriter, onMessage: Parts['onMessage']) {
    this.#writer = writer;
    this.#onMessage = onMessage;
  }

  get open(): boolean {
    return this.#writer !== undefined;
  }

  /** For the notes of the frame: why there is no handle. */
  get why(): string | undefined {
    return this.#why;
  }

  async take(data: Json): Promise<void> {
    if (this.#writer === undefined) return;
    try {
      if (typeof data !== 'string') {
        await this.#endLine();
        await this.#row(data);
        return;
      }
      const text = this.#line + data;
      const end = text.lastIndexOf('\n') + 1;
      const whole = end === 0 && text.length > LONGEST_LINE ? text.length : end;
      this.#line = text.slice(whole);
      for (const line of linesOf(text.slice(0, whole))) await this.#row(line);
    } catch (error) {
      await this.#unkept(error);
    }
  }

  async finish(about: Parameters<ValueWriter['finish']>[0]): Promise<Kept | undefined> {
    try {
      await this.#endLine();
      return await this.#writer?.finish(about);
    } catch (error) {
      await this.#unkept(error);
      return undefined;
    }
  }

  async drop(): Promise<undefined> {
    const writer = this.#writer;
    this.#writer = undefined;
    this.#line = '';
    try {
      await writer?.drop();
    } catch {
      // What is left of it goes when its time is over.
    }
    return undefined;
  }

  async #row(row: Json): Promise<void> {
    if (this.#writer === undefined) return;
    this.#bytes += typeof row === 'string' ? row.length : sizeAsJson(row);
    if (this.#bytes > LARGEST) {
      this.#why = `no handle: a handle names ${LARGEST} bytes`;
      return this.drop();
    }
    const full = this.#writer.add(row);
    if (full !== undefined) await full;
  }

  async #endLine(): Promise<void> {
    const line = this.#line;
    this.#line = '';
    for (const row of linesOf(line)) await this.#row(row);
  }

  async #unkept(error: unknown): Promise<void> {
    this.#onMessage('fault', `a result could not be kept for its handle: ${String(error)}`);
    this.#why = 'no handle: the vault has no room';
    await this.drop();
  }
}
