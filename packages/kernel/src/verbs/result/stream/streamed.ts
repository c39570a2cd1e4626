/**
 * One result that is shown as it comes: each piece is learned, masked and counted before anybody sees it, all frames together stay within the
 * frame's budget, and what they leave out lies behind a handle. Of the result no more is in memory than the piece at hand.
 */
import { createHash } from 'node:crypto';
import type { Frame, Json, Label } from '@portcullis/wire';
import { sizeAsJson } from '../../../frame/clip.ts';
import { bounded, withheld } from '../../../frame/frame.ts';
import { tokensOf } from '../../../frame/session-tokens.ts';
import { type Part, Pieces } from '../../../frame/stream/pieces.ts';
import type { Executed, ProviderPiece } from '../../../gate/execute.ts';
import type { Evaluation } from '../../../gate/guard.ts';
import { type Kept, ValueWriter } from '../../../handle/value.ts';
import type { Parts } from '../../../parts.ts';
import { recheck } from '../../call/recheck.ts';
import { type Framed, namedBy, type Viewer, viewerOf } from '../framed.ts';
import { KeptRows } from './kept-rows.ts';
import { StreamLabels } from './stream-labels.ts';

/** Where frames go as they are made. */
export interface FrameSink {
  /** Settles when it was taken, or nobody takes one any more. */
  put(frame: ShownPiece): Promise<void>;
  /** From now on nobody is waited for. */
  hurry(): void;
  /** Frames that were put. */
  readonly count: number;
}

export interface ShownPiece extends Frame {
  readonly encoding?: 'base64';
}

/** Bytes that the part of the result that no piece has said always has. */
const REST = 16_384;
/** Tokens of `handle`, `handle_expires` and `tier`. */
const OWN = 40;

export class Streamed {
  readonly #parts: Parts;
  readonly #ev: Evaluation;
  readonly #viewer: Viewer;
  readonly #sink: FrameSink;
  readonly #pieces: Pieces;
  readonly #digest = createHash('sha256');
  readonly #labels: StreamLabels;
  readonly #total: number;
  readonly #keyed: boolean;
  readonly #rows: KeptRows;
  #room: number;
  #bytes = 0;
  /** Bytes that came since the last frame. */
  #since = 0;
  #short = false;
  #tokens = 0;
  #spent = false;
  #taking: Promise<void> | undefined;
  #over = false;

  /** `keyed`: the call may be asked again, and is answered then with what the handle names. */
  constructor(parts: Parts, ev: Evaluation, sink: FrameSink, keyed: boolean) {
    const { budgets, vault, settings } = parts;
    this.#parts = parts;
    this.#ev = ev;
    this.#viewer = viewerOf(ev);
    this.#sink = sink;
    this.#labels = new StreamLabels(parts, ev);
    this.#keyed = keyed;
    const one = ev.request?.response_mode === 'raw' ? budgets.raw : budgets.bytes;
    this.#total = budgets.stream ?? one;
    this.#room = this.#total - this.#rest;
    this.#pieces = new Pieces(budgets.depth, ev.view?.personal === true);
    this.#rows = new KeptRows(
      new ValueWriter(vault, ev.caller.tenant, settings.handleTtl),
      parts.onMessage,
    );
  }

  get #rest(): number {
    return Math.min(REST, Math.floor(this.#total / 4));
  }

  get #mode(): { mode?: 'raw' } {
    return this.#ev.request?.response_mode === 'raw' ? { mode: 'raw' } : {};
  }

  /** A piece came. */
  get began(): boolean {
    return this.#taking !== undefined;
  }

  /** Frames that were made before the last. */
  get frames(): number {
    return this.#sink.count;
  }

  get wanted(): boolean {
    return this.#stopped === undefined && (this.#rows.open || (this.#room > 0 && !this.#spent));
  }

  take(piece: ProviderPiece): Promise<void> {
    this.#taking = this.#take(piece);
    return this.#taking;
  }

  async #take({ data, labels }: ProviderPiece): Promise<void> {
    const raw = rawOf(data);
    this.#digest.update(raw);
    this.#bytes += raw.length;
    this.#since += raw.length;
    this.#labels.piece(data, raw, labels);
    for (const part of this.#pieces.take(data)) {
      if (this.#over) this.#short = true;
      else await this.#give(part);
    }
  }

  /** The last frame: what no piece has said, what was held back, and the name of the rest. */
  async finish({ data, labels }: Executed): Promise<Framed> {
    this.#sink.hurry();
    this.#over = true;
    // Given up on in the middle of a piece: what is not shown of it by now is not shown.
    await this.#taking?.catch(() => {});
    this.#over = false;
    for (const label of labels) this.#labels.note(label);
    for (const part of this.#pieces.end()) await this.#give(part);
    const stopped = this.#stopped;
    let frame = this.#last(stopped === undefined ? data : undefined);
    const handle = await (stopped === undefined ? this.#handle() : this.#rows.drop());
    if (stopped !== undefined) frame = noting(frame, `stopped: ${stopped}`);
    else if (this.#short) frame = noting(frame, this.#cut());
    if (this.#rows.why !== undefined) frame = noting(frame, this.#rows.why);
    return this.#named(this.#counted(frame), handle);
  }

  /** Salted commitment to all that came, piece after piece, and to the rest as JSON. */
  commitment(data: Json | Uint8Array | undefined): string | undefined {
    if (data === undefined && this.#bytes === 0) return undefined;
    if (data !== undefined) this.#digest.update(rawOf(data));
    return this.#parts.commit(this.#digest.digest('hex'));
  }

  get labels(): readonly Label[] {
    return this.#labels.labels;
  }

  // ---- what it shows

  /** Why nothing more is shown: what would deny the action now. */
  get #stopped(): string | undefined {
    return recheck(this.#parts, this.#ev)?.reason;
  }

  async #give(part: Part): Promise<void> {
    await this.#rows.take(part.data);
    if (this.#room <= 0 || this.#spent || this.#stopped !== undefined) {
      this.#short = true;
      return;
    }
    const cost = sizeAsJson(part.data);
    let { data } = part;
    const notes = [...part.notes];
    if (cost > this.#room) {
      this.#short = true;
      const limits = { bytes: this.#room, depth: this.#parts.budgets.depth };
      // Base64 that is cut between its groups is base64 still.
      data =
        part.encoding === undefined
          ? bounded(data, [], limits, undefined, false).frame.data
          : (data as string).slice(0, (this.#room - 2) & ~3);
      this.#room = 0;
    } else this.#room -= cost;
    const frame: ShownPiece = Object.freeze({
      data,
      labels: this.labels,
      notes: Object.freeze(notes),
      bytes: this.#since,
      ...this.#mode,
      ...(part.encoding === undefined ? {} : { encoding: part.encoding }),
    });
    if (!this.#affords(frame)) return;
    this.#since = 0;
    await this.#sink.put(frame);
  }

  #affords(frame: Frame): boolean {
    const { tokens } = this.#parts;
    const session = this.#ev.session?.id;
    if (!tokens.counts || session === undefined) return true;
    const wanted = tokensOf(frame);
    const taken = tokens.take(session, wanted);
    if (taken === wanted) {
      this.#tokens += taken;
      return true;
    }
    if (taken > 0) tokens.forgo(session, taken);
    this.#spent = true;
    this.#short = true;
    return false;
  }

  #last(data: Json | Uint8Array | undefined): Frame {
    const { labels } = this;
    const plain: Frame = { data: null, labels, notes: NOTHING, bytes: this.#bytes, ...this.#mode };
    if (data === undefined) return plain;
    try {
      const limits = {
        bytes: Math.max(this.#rest, Math.min(this.#room, REST)),
        depth: this.#parts.budgets.depth,
      };
      const personal = this.#ev.view?.personal === true;
      const { frame } = bounded(data, labels, limits, rawOf(data).length, personal);
      return { ...frame, bytes: this.#bytes + rawOf(data).length, ...this.#mode };
    } catch {
      return withheld(labels, this.#bytes);
    }
  }

  #cut(): string {
    const why = this.#spent
      ? 'the session has no tokens left for more'
      : `the frames of this stream hold ${this.#total} bytes`;
    return `cut: ${why}, the result has ${this.#bytes}${this.#spent ? ' bytes' : ''}`;
  }

  /** The last frame is always given; with no tokens left, without its data. */
  #counted(frame: Frame): Frame {
    const { tokens } = this.#parts;
    const session = this.#ev.session?.id;
    if (!tokens.counts || session === undefined) return frame;
    const bare: Frame = { ...frame, data: null };
    const affords = !this.#spent && this.#affords(frame);
    const tier = affords ? tokens.tier(session) : ('exhausted' as const);
    const shown = affords ? frame : bare;
    const wanted = OWN + (affords ? 0 : tokensOf(bare));
    this.#tokens += tokens.take(session, wanted);
    return tier === undefined ? shown : { ...shown, tier };
  }

  // ---- what the last frame names

  /** Of all that came, where a frame left something out, or the call may be asked again. */
  #handle(): Promise<Kept | undefined> {
    if (!this.#short && !this.#keyed) return this.#rows.drop();
    return this.#rows.finish({
      id: this.#viewer.id,
      action: this.#viewer.action,
      labels: this.labels,
      personal: this.#ev.view?.personal === true,
    });
  }

  #named(frame: Frame, handle: Kept | undefined): Framed {
    const counts = this.#parts.tokens.counts && this.#ev.session !== undefined;
    const tokens = counts ? this.#tokens : undefined;
    if (handle !== undefined) return namedBy(this.#parts, frame, handle, this.#ev.view, tokens);
    return { frame: Object.freeze(frame), handle: undefined, tokens };
  }
}

const NOTHING: readonly string[] = Object.freeze([]);

const noting = (frame: Frame, note: string): Frame => ({
  ...frame,
  notes: Object.freeze([...frame.notes, note]),
});

/** The bytes of it: as they are, text as UTF-8, anything else as JSON. */
function rawOf(data: Json | Uint8Array): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof Uint8Array) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(JSON.stringify(data));
}
