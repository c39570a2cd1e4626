/** Reads a body once, as bytes, up to a cap. What is over the cap is refused before it is read, or as soon as it shows. */
import type { IncomingMessage } from 'node:http';
import { ADMISSION_LIMITS, PortcullisError } from '@portcullis/kernel';

/** Bytes: what is longer the kernel would not admit. */
export const MAX_BODY = ADMISSION_LIMITS.bytes;

const JSON_TYPE = /^application\/json(?: *; *charset="?utf-8"?)? *$/i;

/** Whether a body follows the headers. */
export function hasBody(incoming: IncomingMessage): boolean {
  const { headers } = incoming;
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && length !== '0';
}

/** Only JSON, in no further encoding: no form or plain text that a page of another site may send unasked. */
export function checkMediaType(incoming: IncomingMessage): void {
  const type = incoming.headers['content-type'];
  if (type !== 'application/json' && (type === undefined || !JSON_TYPE.test(type))) {
    throw new PortcullisError('unsupported_media_type');
  }
  const encoding = incoming.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new PortcullisError('unsupported_media_type', 'the body must not be encoded');
  }
}

/** Tells once: the body, or `too_large`, or `cancelled` where the client left before it had sent everything. */
export function readBody(
  incoming: IncomingMessage,
  max: number,
  tell: (read: Buffer | PortcullisError) => void,
): void {
  const length = incoming.headers['content-length'];
  if (length !== undefined && Number(length) > max) {
    tell(tooLarge(max));
    return;
  }
  let told = false;
  const once = (read: Buffer | PortcullisError): void => {
    if (told) return;
    told = true;
    tell(read);
  };
  let held: Buffer = EMPTY;
  let size = 0;
  const onData = (chunk: Buffer) => {
    size += chunk.length;
    if (size > max) {
      // What still comes is read and dropped by the server, so that the answer reaches who is still sending.
      incoming.off('data', onData);
      held = EMPTY;
      once(tooLarge(max));
    } else if (held === EMPTY) held = chunk;
    else {
      if (size > held.length) held = longer(held, size);
      chunk.copy(held, size - chunk.length);
    }
  };
  incoming.on('data', onData);
  incoming.on('end', () => {
    once(size === held.length ? held : held.subarray(0, size));
  });
  // Comes after `end` where there was one; an abort that nobody listens to as `error` is no error either.
  incoming.on('close', () => {
    if (!told)
      once(new PortcullisError('cancelled', 'the client left before the request was whole'));
  });
}

const EMPTY: Buffer = Buffer.alloc(0);

/** By doubling: a body in chunks of one byte takes no more than one in large ones. */
function longer(held: Buffer, least: number): Buffer {
  const made = Buffer.allocUnsafeSlow(Math.max(least, held.length * 2));
  held.copy(made);
  return made;
}

const tooLarge = (max: number) => new PortcullisError('too_large', `a body may have ${max} bytes`);
