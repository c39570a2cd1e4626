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
  const written = data instanceof Uint8Array ? data : writtenOf(data);
  return written === undefined
    ? { data, bytes: undefined, digest: undefined }
    : { data, bytes: Buffer.byteLength(written), digest: hash('sha256', written, 'hex') };
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
