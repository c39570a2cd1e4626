/**
 * What a streamed result teaches, piece by piece: the session has seen a piece's labels, and knows where its values came from, before the piece
 * is shown.
 */
import type { Json, Label } from '@portcullis/wire';
import { boundLabels } from '../../../frame/frame.ts';
import type { Evaluation } from '../../../gate/guard.ts';
import type { Parts } from '../../../parts.ts';
import { summary } from '../../../session/labels.ts';

/** Bytes that are read for where values come from. */
const MOST_READ = 8 * 1024 * 1024;
/** Characters of a piece that are read again with the next: a value may lie across. */
const OVERLAP = 1_024;
/** Labels that are told apart; then one stands for all of them. */
const MOST_LABELS = 64;

export class StreamLabels {
  readonly #parts: Parts;
  readonly #ev: Evaluation;
  readonly #labels = new Map<string, Label>();
  readonly #decoder = new TextDecoder();
  #read = 0;
  #tail = '';

  constructor(parts: Parts, ev: Evaluation) {
    this.#parts = parts;
    this.#ev = ev;
  }

  /** Of all pieces so far. */
  get labels(): readonly Label[] {
    return boundLabels([...this.#labels.values()]);
  }

  note(label: Label): void {
    const key = JSON.stringify(label);
    if (this.#labels.has(key)) return;
    if (this.#labels.size === MOST_LABELS) {
      const all = summary([...this.#labels.values()]);
      this.#labels.clear();
      this.#labels.set(JSON.stringify(all), all);
    }
    this.#labels.set(key, label);
    const { caller, session, now } = this.#ev;
    this.#parts.state.sees(caller.tenant, session?.id, [label], now);
  }

  /** `raw`: its bytes. */
  piece(data: Json | Uint8Array, raw: Buffer, labels: readonly Label[]): void {
    const { flows, behaviours } = this.#parts;
    const { caller, session, action, id } = this.#ev;
    behaviours.dataFlow.piece(id, typeof data === 'string' ? raw : data);
    const [first = UNSAID, ...made] = labels;
    const learns = flows.learns(session);
    if (action === undefined || this.#read >= MOST_READ) {
      if (learns) flows.overflow(session);
      for (const label of [first, ...made]) this.note(label);
      return;
    }
    this.#read += raw.length;
    const piece = flows.piece({
      id,
      tenant: caller.tenant,
      session,
      action: action.name,
      acted: action,
      data: learns ? this.#said(data, raw) : undefined,
      labels: [first, ...made],
    });
    for (const label of piece) this.note(label);
  }

  /** A text comes with the end of the piece before. */
  #said(data: Json | Uint8Array, raw: Buffer): Json {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) return data;
    const said = this.#tail + this.#decoder.decode(raw, { stream: true });
    this.#tail = said.slice(-OVERLAP);
    return said;
  }
}

/** Where a provider says nothing. */
const UNSAID: Label = Object.freeze({
  source: 'provider',
  origin: '*',
  integrity: 'untrusted',
  confidentiality: 'private',
});
