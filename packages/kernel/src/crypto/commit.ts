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
