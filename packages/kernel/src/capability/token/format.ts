/**
 * A token as bytes and as text: `pg1.` and base64url (RFC 4648 section 5, no padding) of a length-delimited form. One token has one text: the
 * reader takes nothing that the writer would not have written.
 *
 *     token  = %x01 algorithm count 1*16block proof          algorithm: 1 Ed25519, 2 HMAC-SHA-256
 *     block  = u16 length, payload [, 32 next public key, 64 signature]      keys and signature with Ed25519 only
 *     proof  = %x00 secret (attenuable) / %x01 seal          32 bytes; a seal of Ed25519 has 64
 */
import type { Algorithm, TokenFault } from './types.ts';

/** Characters of a token's text. */
export const MAX_TOKEN = 8_192;
export const MAX_BLOCKS = 16;
export const PREFIX = 'pg1.';
/** Bytes that fit into so many characters. */
export const MOST_BYTES = Math.floor(((MAX_TOKEN - PREFIX.length) * 3) / 4);
export const VERSION = 1;
export const KEY = 32;
export const SIGNATURE = 64;
const TEXT = /^pg1\.[A-Za-z0-9_-]+$/;

export interface RawBlock {
  readonly payload: Buffer;
  /** Ed25519 only. */
  readonly next: Buffer;
  readonly signature: Buffer;
}

export interface RawToken {
  readonly algorithm: Algorithm;
  readonly blocks: readonly RawBlock[];
  readonly sealed: boolean;
  /** The secret that signs the next block, or the seal. */
  readonly proof: Buffer;
}

export const NOTHING = Buffer.alloc(0);
export const CODE: Readonly<Record<Algorithm, number>> = Object.freeze({ ed25519: 1, hmac: 2 });

const proofSize = (algorithm: Algorithm, sealed: boolean): number =>
  algorithm === 'ed25519' && sealed ? SIGNATURE : KEY;

/** undefined where the text would be longer than `MAX_TOKEN`, or the blocks more than `MAX_BLOCKS`. */
export function encodeToken({ algorithm, blocks, sealed, proof }: RawToken): string | undefined {
  if (blocks.length === 0 || blocks.length > MAX_BLOCKS) return undefined;
  let size = 4 + proof.length;
  for (const { payload, next, signature } of blocks) {
    if (payload.length > 0xffff) return undefined;
    size += 2 + payload.length + next.length + signature.length;
  }
  if (size > MOST_BYTES) return undefined;
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = VERSION;
  bytes[1] = CODE[algorithm];
  bytes[2] = blocks.length;
  let at = 3;
  for (const { payload, next, signature } of blocks) {
    at = bytes.writeUInt16BE(payload.length, at);
    at += payload.copy(bytes, at);
    at += next.copy(bytes, at);
    at += signature.copy(bytes, at);
  }
  bytes[at] = sealed ? 1 : 0;
  proof.copy(bytes, at + 1);
  return PREFIX + bytes.toString('base64url');
}

export function decodeToken(text: unknown): RawToken | TokenFault {
  if (typeof text !== 'string' || text.length > MAX_TOKEN || !TEXT.test(text))
    return { fault: 'not the text of a token' };
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.toString('base64url') !== encoded) return { fault: 'not base64url as it is written' };
  const [version, code, count = 0] = bytes;
  if (version !== VERSION) return { fault: 'not a version that is known' };
  const algorithm = code === 1 ? 'ed25519' : code === 2 ? 'hmac' : undefined;
  if (algorithm === undefined) return { fault: 'not an algorithm that is known' };
  if (count === 0 || count > MAX_BLOCKS) return { fault: `not 1 to ${MAX_BLOCKS} blocks` };
  const blocks: RawBlock[] = [];
  const tail = algorithm === 'ed25519' ? KEY + SIGNATURE : 0;
  let at = 3;
  for (let i = 0; i < count; i++) {
    if (at + 2 > bytes.length) return CUT;
    const start = at + 2;
    const end = start + bytes.readUInt16BE(at);
    at = end + tail;
    if (at > bytes.length) return CUT;
    blocks.push({
      payload: bytes.subarray(start, end),
      next: tail === 0 ? NOTHING : bytes.subarray(end, end + KEY),
      signature: tail === 0 ? NOTHING : bytes.subarray(end + KEY, at),
    });
  }
  const kind = bytes[at];
  if (kind !== 0 && kind !== 1) return CUT;
  const proof = bytes.subarray(at + 1);
  if (proof.length !== proofSize(algorithm, kind === 1)) return CUT;
  return { algorithm, blocks, sealed: kind === 1, proof };
}

const CUT: TokenFault = Object.freeze({ fault: 'cut off, or longer than it says' });
