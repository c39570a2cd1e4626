/**
 * The text of an API key: `pcl_<id>_<secret>`, 64 random bits of id and 256 of secret. The id is public; the secret is
 * kept only as SHA-256, which is enough for a secret nobody can guess.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const ID_LENGTH = 16;
const SECRET_LENGTH = 43;
const TOKEN_LENGTH = 'pcl_'.length + ID_LENGTH + '_'.length + SECRET_LENGTH;
const TOKEN = /^pcl_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;
const SCHEME = 'bearer ';

export interface Token {
  readonly id: string;
  readonly text: string;
}

export function mintToken(id: string = randomBytes(ID_LENGTH / 2).toString('hex')): Token {
  return { id, text: `pcl_${id}_${randomBytes(32).toString('base64url')}` };
}

export function parseToken(text: string): Token | undefined {
  if (text.length !== TOKEN_LENGTH) return undefined;
  const id = TOKEN.exec(text)?.[1];
  return id === undefined ? undefined : { id, text };
}

/** The token of an `Authorization` header: the scheme in any case, one space, nothing after. */
export function bearerToken(header: string | undefined): Token | undefined {
  if (header === undefined || header.length !== SCHEME.length + TOKEN_LENGTH) return undefined;
  if (header.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return undefined;
  return parseToken(header.slice(SCHEME.length));
}

/** The digest that is kept in place of the token: lower-case hex. */
export function tokenHash(text: string): string {
  return hash('sha256', `portcullis/api-key/v1\0${text}`, 'hex');
}

const HASH_LENGTH = 64;
const given = Buffer.alloc(HASH_LENGTH);
const NOBODY = Buffer.alloc(HASH_LENGTH);

/** Takes as long for an unknown key as for a known one. `kept` is the text of a hash, as bytes. */
export function tokenMatches(text: string, kept: Buffer | undefined): boolean {
  given.write(tokenHash(text), 'latin1');
  return timingSafeEqual(given, kept ?? NOBODY) && kept !== undefined;
}
