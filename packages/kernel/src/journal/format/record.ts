/**
 * Hashes of records, and the fixed members around what a record says. One buffer holds what is hashed:
 * 0x00 || `portcullis/record/v1\0` || u64 length || previous hash || body; the record hash leaves the first byte out,
 * the RFC 6962 leaf takes it in. The body is the line without its `hash` member.
 */
import { hash } from 'node:crypto';
import type { RecordKind } from '@portcullis/wire';
import { MAX_RECORD, RECORD_DOMAIN } from './format.ts';

const LENGTH_AT = 1 + RECORD_DOMAIN.length;
const PREV_AT = LENGTH_AT + 8;
/** Where the body starts in `bytes`. */
export const BODY_AT = PREV_AT + 32;

/** Length of the body of what is hashed from bytes[at] on. */
export const bodyLength = (bytes: Buffer, at: number): number =>
  bytes.readUInt32BE(at + LENGTH_AT + 4);

/** `,"hash":"<64 digits>"}`: what is cut from a line, and a closing brace put in its place. */
export const HASH_TAIL = 75;
/** `,"prev":"<64 digits>"` stands before it. */
const TAIL = 74 + HASH_TAIL;

/** Views of bodies up to this length are made once and kept: making one costs as much as copying the body. */
const MAX_VIEW = 4_096;

/** A megabyte once, and not for each journal that is open. */
const BYTES = Buffer.allocUnsafeSlow(BODY_AT + MAX_RECORD);
BYTES[0] = 0;
RECORD_DOMAIN.copy(BYTES, 1);
BYTES.writeUInt32BE(0, LENGTH_AT);

export class RecordHasher {
  readonly #views: (Buffer | undefined)[] = [];
  readonly #leafViews: (Buffer | undefined)[] = [];
  /** Write the body at BODY_AT, then ask for hash and leaf, all in one run: it is the same for all hashers. */
  readonly bytes: Buffer = BYTES;

  /** Lower-case hex. */
  set previous(hex: string) {
    this.bytes.write(hex, PREV_AT, 'hex');
  }

  /** The record hash, lower-case hex, of the first `length` bytes of the body. */
  hash(length: number): string {
    this.bytes.writeUInt32BE(length, LENGTH_AT + 4);
    return hash('sha256', this.#view(this.#views, 1, length), 'hex');
  }

  /** The Merkle leaf, of the same bytes and the first, as 32 latin1 characters. */
  leaf(length: number): string {
    this.bytes.writeUInt32BE(length, LENGTH_AT + 4);
    return hash('sha256', this.#view(this.#leafViews, 0, length), 'binary');
  }

  /** Takes over a finished line, without its line break, as the body; answers the body's length. */
  load(line: Buffer, start: number, end: number): number {
    line.copy(this.bytes, BODY_AT, start, end - HASH_TAIL);
    const length = end - start - HASH_TAIL + 1;
    this.bytes[BODY_AT + length - 1] = 0x7d;
    return length;
  }

  #view(views: (Buffer | undefined)[], from: number, length: number): Buffer {
    if (length > MAX_VIEW) return this.bytes.subarray(from, BODY_AT + length);
    let view = views[length];
    if (view === undefined) {
      view = this.bytes.subarray(from, BODY_AT + length);
      views[length] = view;
    }
    return view;
  }
}

/** The journal's own members of a line. */
export interface Envelope {
  readonly seq: number;
  readonly ts: string;
  readonly kind: RecordKind;
  readonly node: string;
  readonly journal: string;
  readonly prev: string;
  readonly hash: string;
}

const HEAD =
  /^\{"v":1,"seq":([1-9][0-9]{0,15}),"ts":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z)","kind":"(decision|outcome|approval|state|system)","origin":"([A-Za-z0-9._-]{1,64})\/([0-9a-f]{32})","tenant":"/;
const END = /^,"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$/;
const MAX_HEAD = 256;

/** Reads the fixed members of the line buffer[start, end), line break excluded; undefined where they are not as they must be. */
export function readEnvelope(buffer: Buffer, start: number, end: number): Envelope | undefined {
  if (end - start < TAIL + 64 || end - start >= MAX_RECORD) return undefined;
  const head = HEAD.exec(buffer.toString('latin1', start, Math.min(end, start + MAX_HEAD)));
  const tail = END.exec(buffer.toString('latin1', end - TAIL, end));
  if (head === null || tail === null) return undefined;
  const seq = Number(head[1]);
  if (!Number.isSafeInteger(seq)) return undefined;
  return {
    seq,
    ts: head[2] as string,
    kind: head[3] as RecordKind,
    node: head[4] as string,
    journal: head[5] as string,
    prev: tail[1] as string,
    hash: tail[2] as string,
  };
}
