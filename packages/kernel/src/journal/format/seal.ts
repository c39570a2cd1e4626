/**
 * Seals: signed statements of where the journal stood at one record, with the folded state at that point. A `snapshot`
 * shortens a start; a `summary` stands for records that retention dropped, and verification continues from it.
 */
import { hash } from 'node:crypto';
import type { Json } from '@portcullis/wire';
import { type NoteSigner, type NoteVerifier, openNote, signNote } from '../../crypto/note.ts';
import { Frontier } from '../merkle/merkle.ts';

export type SealKind = 'summary' | 'snapshot';

export interface Seal {
  /** Seq of the last record the state holds. */
  readonly last: number;
  /** Its record hash. */
  readonly hash: string;
  /** Its time: later records are stamped no earlier. */
  readonly time: number;
  /** Compact range over all records up to `last`: roots of perfect subtrees, largest first, lower-case hex. */
  readonly range: readonly string[];
  /** First seq of the segment that holds `last`, and the offset behind its line. */
  readonly segment: number;
  readonly end: number;
  /** Records that the newest checkpoint covered when this was signed, and its Merkle root in lower-case hex. */
  readonly checkpoint: { readonly size: number; readonly root: string };
  readonly state: Json;
}

/**
 * Text: a signed note with four lines (`<origin>/<kind>`, last seq, base64 Merkle root, base64 SHA-256 of the body), an
 * empty line, and the body: one line of JSON.
 */
export function writeSeal(kind: SealKind, seal: Seal, signer: NoteSigner): string {
  const { last, time, segment, end, checkpoint, state } = seal;
  const body = JSON.stringify({
    v: 1,
    last,
    hash: seal.hash,
    time,
    range: seal.range,
    segment,
    end,
    checkpoint,
    state,
  });
  const root = new Frontier(last, seal.range).root().toString('base64');
  const digest = hash('sha256', body, 'base64');
  const note = signNote(`${signer.name}/${kind}\n${last}\n${root}\n${digest}\n`, signer);
  return `${note}\n${body}\n`;
}

/** undefined where anything of it is not as signed. */
export function readSeal(kind: SealKind, text: string, verifier: NoteVerifier): Seal | undefined {
  const cut = text.indexOf('\n\n', text.indexOf('\n\n') + 2);
  if (cut < 0 || !text.endsWith('\n')) return undefined;
  const signed = openNote(text.slice(0, cut + 1), verifier);
  const body = text.slice(cut + 2, -1);
  if (signed === undefined || body.includes('\n')) return undefined;
  try {
    const seal = JSON.parse(body) as Seal;
    const root = new Frontier(seal.last, seal.range).root().toString('base64');
    const digest = hash('sha256', body, 'base64');
    const expected = `${verifier.name}/${kind}\n${seal.last}\n${root}\n${digest}\n`;
    return signed === expected ? seal : undefined;
  } catch {
    return undefined;
  }
}
