/**
 * Narrowing a grant token offline: adds a block of caveats that who holds the token signs, asking nobody. The format is in docs/grants.md. Web
 * Crypto alone, so that it works wherever this client does.
 */
import type { Attenuated, Caveats, Json } from '@portcullis/wire';
import { PortcullisError } from '../errors.ts';
import { write } from '../write.ts';
import { encode64, hex } from './bytes.ts';
import { canonical } from './canonical.ts';

const PREFIX = 'pg1.';
const MAX_TOKEN = 8_192;
const MAX_BLOCKS = 16;
const KEY = 32;
const SIGNATURE = 64;
const ED25519 = 1;
/** The DER that stands before 32 raw bytes of a private key in PKCS#8 (RFC 8410). */
const PKCS8 = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);
const encoder = new TextEncoder();
const BLOCK = encoder.encode('portcullis/grant/v1\0');
const SEAL = encoder.encode('portcullis/grant/seal/v1\0');
const ID = encoder.encode('portcullis/grant/block/v1\0');

type Bytes = Uint8Array<ArrayBuffer>;
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

interface Read {
  readonly algorithm: number;
  /** All bytes of the blocks, and how many there are. */
  readonly blocks: Bytes;
  readonly count: number;
  /** The last block's signature; empty with HMAC. */
  readonly signature: Bytes;
  readonly secret: Bytes;
}

interface Extended {
  readonly block: Bytes;
  /** What the block's id is made of. */
  readonly mark: Bytes;
  readonly proof: Bytes;
}

/**
 * Throws `token_invalid` where the token cannot be read, is sealed, or would be too long. Whether its signatures hold, and whether the caveats
 * mean anything, the kernel says when it is used: what it cannot read, it refuses.
 */
export async function attenuate(
  token: string,
  caveats: Caveats,
  options: { readonly seal?: boolean } = {},
): Promise<Attenuated> {
  const read = decode(token);
  if (read.count >= MAX_BLOCKS) throw refused(`it has ${MAX_BLOCKS} blocks already`);
  const payload = encoder.encode(canonical({ caveats: JSON.parse(write(caveats)) as Json }));
  if (payload.length > 0xffff) throw refused('too long');
  const seal = options.seal === true;
  const extended = await (read.algorithm === ED25519 ? signed : tagged)(read, payload, seal);
  const text =
    PREFIX +
    encode64(
      join(
        Uint8Array.of(1, read.algorithm, read.count + 1),
        read.blocks,
        extended.block,
        Uint8Array.of(seal ? 1 : 0),
        extended.proof,
      ),
    );
  if (text.length > MAX_TOKEN) throw refused('too long');
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', join(ID, extended.mark)));
  return { token: text, block: hex(digest.subarray(0, 16)) };
}

async function signed(read: Read, payload: Bytes, seal: boolean): Promise<Extended> {
  const made = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as {
    readonly privateKey: Key;
  };
  const jwk = await crypto.subtle.exportKey('jwk', made.privateKey);
  const [next, seed] = [decode64(jwk.x as string), decode64(jwk.d as string)];
  const framed = frame(read.count, payload);
  const key = await privateKey(read.secret);
  const signature = await sign(key, join(BLOCK, framed, next, read.signature));
  const proof = seal ? await sign(made.privateKey, join(SEAL, framed, next, signature)) : seed;
  return { block: join(framed.subarray(1), next, signature), mark: signature, proof };
}

async function tagged(read: Read, payload: Bytes, seal: boolean): Promise<Extended> {
  const framed = frame(read.count, payload);
  const tag = await hmac(read.secret, join(BLOCK, framed));
  return { block: framed.subarray(1), mark: tag, proof: seal ? await hmac(tag, SEAL) : tag };
}

const frame = (index: number, payload: Bytes): Bytes =>
  join(Uint8Array.of(index, payload.length >> 8, payload.length & 0xff), payload);

const privateKey = (seed: Bytes): Promise<Key> =>
  crypto.subtle
    .importKey('pkcs8', join(PKCS8, seed), 'Ed25519', false, ['sign'])
    .catch(() => Promise.reject(refused('its secret is no key')));

const sign = async (key: Key, message: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.sign('Ed25519', key, message));

async function hmac(secret: Bytes, message: Bytes): Promise<Bytes> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, message));
}

function decode(token: string): Read {
  if (typeof token !== 'string' || token.length > MAX_TOKEN || !/^pg1\.[A-Za-z0-9_-]+$/.test(token))
    throw refused('not the text of a token');
  // No bytes end in one digit of base64.
  if ((token.length - PREFIX.length) % 4 === 1) throw refused('cut off');
  const bytes = decode64(token.slice(PREFIX.length));
  const [version, algorithm = 0, count = 0] = bytes;
  if (version !== 1 || (algorithm !== ED25519 && algorithm !== 2))
    throw refused('not a version that is known');
  const tail = algorithm === ED25519 ? KEY + SIGNATURE : 0;
  let at = 3;
  for (let i = 0; i < count; i++) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    at += 2 + length + tail;
  }
  if (count === 0 || at >= bytes.length) throw refused('cut off');
  if (bytes[at] === 1) throw refused('sealed');
  const secret = bytes.subarray(at + 1);
  if (bytes[at] !== 0 || secret.length !== KEY) throw refused('cut off');
  return {
    algorithm,
    blocks: bytes.subarray(3, at),
    count,
    signature: bytes.subarray(tail === 0 ? at : at - SIGNATURE, at),
    secret,
  };
}

const refused = (why: string): PortcullisError =>
  new PortcullisError('token_invalid', `it cannot be narrowed: ${why}`, {
    status: 200,
    retry: 'after_change',
  });

function join(...parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function decode64(text: string): Bytes {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}
