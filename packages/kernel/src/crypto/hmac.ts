/**
 * HMAC-SHA-256 (RFC 2104) of two one-shot digests: the platform's own object for it costs several times as much to make as the tag itself, and a grant
 * on one node is little more than one tag. Keys of up to one block only, which is all that is used here.
 */
import { hash } from 'node:crypto';

/** Bytes of a block of SHA-256. */
export const HMAC_BLOCK = 64;
const TAG = 32;

export interface HmacKey {
  /** 32 bytes, in a buffer of their own. */
  tag(message: Uint8Array): Buffer;
  /** Of the bytes of `from` up to `to`, written to `at`. The block before `from` is overwritten: there the key is put. */
  tagInto(bytes: Buffer, from: number, to: number, at: number): void;
}

/** `secret`: 1 to 64 bytes. */
export function hmacKey(secret: Uint8Array): HmacKey {
  if (secret.length === 0 || secret.length > HMAC_BLOCK)
    throw new Error(`an HMAC key here has 1 to ${HMAC_BLOCK} bytes`);
  const inner = Buffer.alloc(HMAC_BLOCK, 0x36);
  const outer = Buffer.alloc(HMAC_BLOCK + TAG, 0x5c);
  secret.forEach((byte, at) => {
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  });
  // A digest as a text of 32 characters is the cheapest to get and to write.
  const tagInto = (bytes: Buffer, from: number, to: number, at: number): void => {
    inner.copy(bytes, from - HMAC_BLOCK);
    const whole = bytes.subarray(from - HMAC_BLOCK, to);
    outer.write(hash('sha256', whole, 'binary'), HMAC_BLOCK, 'binary');
    bytes.write(hash('sha256', outer, 'binary'), at, 'binary');
  };
  return Object.freeze({
    tagInto,
    tag(message: Uint8Array): Buffer {
      const end = HMAC_BLOCK + message.length;
      const bytes = Buffer.allocUnsafe(end + TAG);
      bytes.set(message, HMAC_BLOCK);
      tagInto(bytes, HMAC_BLOCK, end, end);
      return bytes.subarray(end);
    },
  });
}
