/** Reads a response body, up to a cap or piece by piece, decoding gzip, deflate and br as it comes: neither side of the decoder outgrows that. */
import { pipeline, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { CappedBuffer } from '../capped-buffer.ts';
import type { Lease } from './room.ts';

export interface ReadBody {
  readonly bytes: Buffer;
  /** The body went on. */
  readonly truncated: boolean;
  /** The content coding was undone. */
  readonly decoded: boolean;
}

const DECODERS = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

const decoderOf = (coding: string | undefined) =>
  coding === undefined ? undefined : DECODERS.get(coding.trim().toLowerCase());

/** The body as it comes, decoded; whoever stops early calls `return`. Answers whether a content coding was undone. */
export async function* bodyPieces(
  body: Readable,
  coding: string | undefined,
): AsyncGenerator<Buffer, boolean, undefined> {
  const createDecoder = decoderOf(coding);
  const stream =
    createDecoder === undefined ? body : pipeline(body, createDecoder(), () => undefined);
  try {
    for await (const chunk of stream) yield chunk as Buffer;
    return createDecoder !== undefined;
  } finally {
    body.on('error', () => undefined);
    body.destroy();
  }
}

/** A coding that is not one of these, or several, leaves the body as it came. */
export async function readBody(
  body: Readable,
  coding: string | undefined,
  cap: number,
  lease: Lease,
): Promise<ReadBody> {
  const createDecoder = decoderOf(coding);
  let encodedBytes = 0;
  let overran = false;
  const source = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      encodedBytes += (chunk as Buffer).length;
      yield chunk as Buffer;
      if (encodedBytes > cap) {
        overran = true;
        return;
      }
    }
  };
  const stream =
    createDecoder === undefined
      ? Readable.from(source(), { objectMode: false })
      : pipeline(Readable.from(source(), { objectMode: false }), createDecoder(), () => undefined);
  const gathered = new CappedBuffer(cap, (bytes) => lease.grow(bytes));
  let truncated = false;
  try {
    for await (const chunk of stream) {
      if (!gathered.add(chunk as Buffer)) {
        truncated = true;
        break;
      }
    }
  } catch (error) {
    // A decoder whose input was cut at the cap complains about its end, and rightly.
    if (!overran) throw error;
    truncated = true;
  } finally {
    body.on('error', () => undefined);
    body.destroy();
  }
  return {
    bytes: gathered.bytes,
    truncated: truncated || overran,
    decoded: createDecoder !== undefined,
  };
}
