/**
 * Commitments: what a record names instead of a value. Who knows the value and the journal's salt can show that it is
 * the one; who has only the record cannot try out guesses.
 */
import { hash } from 'node:crypto';

const DOMAIN = Buffer.from('portcullis/commit/v1\0');
const SALT_BYTES = 32;
const SALT_AT = DOMAIN.length;
const DIGEST_AT = SALT_AT + SALT_BYTES;
const scratch = Buffer.alloc(DIGEST_AT + 32);
DOMAIN.copy(scratch);

/** Lower-case hex SHA-256(`portcullis/commit/v1\0` || salt (32 bytes) || digest (32 bytes)). */
export function commit(salt: Uint8Array, hexDigest: string): string {
  if (salt.length !== SALT_BYTES) throw new Error('the salt has 32 bytes');
  scratch.set(salt, SALT_AT);
  if (hexDigest.length !== 64 || scratch.write(hexDigest, DIGEST_AT, 'hex') !== 32) {
    throw new Error('a digest is 64 hexadecimal digits');
  }
  return hash('sha256', scratch, 'hex');
}

/** How many commitments are kept: as many as two digits of a digest tell apart. */
const KEPT = 256;

/**
 * `commit` with one salt, from memory where the same digest was committed to not long ago: an agent asks for the same again and again, and
 * gets the same back.
 */
export function committer(salt: Uint8Array): (hexDigest: string) => string {
  const digests: string[] = new Array(KEPT).fill('');
  const known: string[] = new Array(KEPT).fill('');
  return (hexDigest) => {
    const place = ((hexDigest.charCodeAt(0) << 4) ^ hexDigest.charCodeAt(63)) & (KEPT - 1);
    if (hexDigest !== '' && digests[place] === hexDigest) return known[place] as string;
    const made = commit(salt, hexDigest);
    digests[place] = hexDigest;
    known[place] = made;
    return made;
  };
}
