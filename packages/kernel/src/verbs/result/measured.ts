/** What came back, written as JSON once for all who ask how large it is and what its digest is. */
import { hash } from 'node:crypto';
import type { Json } from '@portcullis/wire';

export interface Measured {
  readonly data: Json | Uint8Array;
  /** undefined where the value is no JSON: nobody knows its size. */
  readonly bytes: number | undefined;
  /** SHA-256, lower-case hex. */
  readonly digest: string | undefined;
}

export function measured(data: Json | Uint8Array): Measured {
  const bytes = data instanceof Uint8Array ? data : bytesOf(data);
  return bytes === undefined
    ? { data, bytes: undefined, digest: undefined }
    : { data, bytes: bytes.length, digest: hash('sha256', bytes, 'hex') };
}

/** UTF-16 units that are written to one piece of memory, so that it is not asked for anew each time. */
const USUAL = 65_536;
/** Bytes of UTF-8 that a unit takes at most. */
const WIDEST = 3;
const scratch = Buffer.alloc(USUAL * WIDEST);

/** Good until the next is asked for. */
function bytesOf(data: Json): Uint8Array | undefined {
  const written = writtenOf(data);
  if (written === undefined) return undefined;
  if (written.length > USUAL) return Buffer.from(written);
  return scratch.subarray(0, scratch.write(written, 0));
}

function writtenOf(data: Json): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    return undefined;
  }
}

/** Throws where the value is no JSON. */
export function digestOf({ digest }: Measured): string {
  if (digest === undefined) throw new Error('a result that is no JSON has no digest');
  return digest;
}
