/**
 * The chain of signatures over a token's blocks. Ed25519 as Biscuit has it (biscuit-auth/biscuit, SPECIFICATIONS, "Cryptography"): block i is
 * signed by the key that block i-1 names, the first by the issuer's; the signature before is part of what is signed, so that no block moves to
 * another chain; the last key is handed on as a secret, or has sealed the chain. HMAC-SHA-256 as macaroons have it (Birgisson et al.,
 * NDSS 2014): the tag over a block is the key of the next.
 */
import { createPrivateKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import { publicKeyFromRaw, signEd25519, verifyEd25519 } from '../../crypto/ed25519.ts';
import { type HmacKey, hmacKey } from '../../crypto/hmac.ts';
import type { EphemeralKey } from './ephemeral-key.ts';
import { NOTHING, type RawBlock, type RawToken } from './format.ts';

export const BLOCK_DOMAIN = Buffer.from('portcullis/grant/v1\0');
const SEAL = Buffer.from('portcullis/grant/seal/v1\0');
const ID = Buffer.from('portcullis/grant/block/v1\0');
/** The DER that stands before 32 raw bytes of a private key in PKCS#8 (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** What signs the first block, and what verifies it. */
export type RootKey =
  | { readonly algorithm: 'ed25519'; readonly privateKey: KeyObject; readonly publicKey: KeyObject }
  | { readonly algorithm: 'hmac'; readonly secret: HmacKey };

/** The domain, the block's index and length, the payload, and what else is signed with it. */
function message(
  domain: Buffer,
  index: number,
  payload: Buffer,
  next: Buffer = NOTHING,
  last: Buffer = NOTHING,
): Buffer {
  const head = domain.length;
  const bytes = Buffer.allocUnsafe(head + 3 + payload.length + next.length + last.length);
  domain.copy(bytes);
  bytes[head] = index;
  let at = bytes.writeUInt16BE(payload.length, head + 1);
  at += payload.copy(bytes, at);
  at += next.copy(bytes, at);
  last.copy(bytes, at);
  return bytes;
}

const signedBytes = (index: number, payload: Buffer, next: Buffer, before: Buffer): Buffer =>
  message(BLOCK_DOMAIN, index, payload, next, before);

const sealedBytes = (index: number, { payload, next, signature }: RawBlock): Buffer =>
  message(SEAL, index, payload, next, signature);

const tag = (key: HmacKey, index: number, payload: Buffer): Buffer =>
  key.tag(message(BLOCK_DOMAIN, index, payload));

const hmacSeal = (last: Buffer): Buffer => hmacKey(last).tag(SEAL);

/** What a revocation of a block names: no secret follows from it. Lower-case hex, 128 bits. */
const blockId = (proof: Buffer): string =>
  hash('sha256', Buffer.concat([ID, proof]), 'hex').slice(0, 32);

const privateKeyFromSeed = (seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });

/** A token of one block. With HMAC the ephemeral key is not used. */
export function begin(root: RootKey, payload: Buffer, ephemeral: () => EphemeralKey): RawToken {
  if (root.algorithm === 'hmac') {
    const block = { payload, next: NOTHING, signature: NOTHING };
    return {
      algorithm: 'hmac',
      blocks: [block],
      sealed: false,
      proof: tag(root.secret, 0, payload),
    };
  }
  const { seed, publicKey: next } = ephemeral();
  const signature = signEd25519(root, signedBytes(0, payload, next, NOTHING));
  return {
    algorithm: 'ed25519',
    blocks: [{ payload, next, signature }],
    sealed: false,
    proof: seed,
  };
}

/** Adds a block: who holds the token needs nobody for it. undefined where the token is sealed. */
export function extend(
  token: RawToken,
  payload: Buffer,
  ephemeral: () => EphemeralKey,
): RawToken | undefined {
  if (token.sealed) return undefined;
  const index = token.blocks.length;
  if (token.algorithm === 'hmac') {
    const block = { payload, next: NOTHING, signature: NOTHING };
    return {
      ...token,
      blocks: [...token.blocks, block],
      proof: tag(hmacKey(token.proof), index, payload),
    };
  }
  const { seed, publicKey: next } = ephemeral();
  const before = (token.blocks[index - 1] as RawBlock).signature;
  const privateKey = privateKeyFromSeed(token.proof);
  const signature = signEd25519({ privateKey }, signedBytes(index, payload, next, before));
  return { ...token, blocks: [...token.blocks, { payload, next, signature }], proof: seed };
}

/** The same token, to which nobody can add a block. undefined where it is sealed already. */
export function seal(token: RawToken): RawToken | undefined {
  if (token.sealed) return undefined;
  if (token.algorithm === 'hmac') return { ...token, sealed: true, proof: hmacSeal(token.proof) };
  const index = token.blocks.length - 1;
  const message = sealedBytes(index, token.blocks[index] as RawBlock);
  const privateKey = privateKeyFromSeed(token.proof);
  return { ...token, sealed: true, proof: signEd25519({ privateKey }, message) };
}

/** The ids of the blocks, where every signature holds; else undefined. Never throws. */
export function verifyChain(token: RawToken, root: RootKey): readonly string[] | undefined {
  try {
    if (root.algorithm !== token.algorithm) return undefined;
    return root.algorithm === 'hmac' ? verifyHmac(token, root.secret) : verifySigned(token, root);
  } catch {
    // Bytes that are no key.
    return undefined;
  }
}

function verifyHmac(token: RawToken, secret: HmacKey): readonly string[] | undefined {
  let key = secret;
  const ids: string[] = [];
  let last: Buffer = NOTHING;
  token.blocks.forEach(({ payload }, index) => {
    last = tag(key, index, payload);
    key = hmacKey(last);
    ids.push(blockId(last));
  });
  const expected = token.sealed ? hmacSeal(last) : last;
  return timingSafeEqual(expected, token.proof) ? ids : undefined;
}

function verifySigned(
  token: RawToken,
  root: { readonly publicKey: KeyObject },
): readonly string[] | undefined {
  let key = root.publicKey;
  let before: Buffer = NOTHING;
  const ids: string[] = [];
  for (const [index, { payload, next, signature }] of token.blocks.entries()) {
    if (index > 0) key = publicKeyFromRaw((token.blocks[index - 1] as RawBlock).next);
    if (!verifyEd25519(key, signedBytes(index, payload, next, before), signature)) return undefined;
    before = signature;
    ids.push(blockId(signature));
  }
  const index = token.blocks.length - 1;
  const last = token.blocks[index] as RawBlock;
  // INVARIANT: who presents the chain holds its last key. Without this, blocks could be cut off its end.
  const holds = token.sealed
    ? verifyEd25519(publicKeyFromRaw(last.next), sealedBytes(index, last), token.proof)
    : privateKeyFromSeed(token.proof).export({ format: 'jwk' }).x ===
      last.next.toString('base64url');
  return holds ? ids : undefined;
}

/** The id of the last block of a token that was just made here and is not sealed, without verifying it. */
export const lastBlockId = (token: RawToken): string =>
  blockId(
    token.algorithm === 'hmac'
      ? token.proof
      : (token.blocks[token.blocks.length - 1] as RawBlock).signature,
  );
