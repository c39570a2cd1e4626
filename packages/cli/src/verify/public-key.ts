/** The public key that checkpoints are held against: one that an auditor brings, else that of the data directory's own signing key. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../exit.ts';

/** A file with a public key as PEM or as a C2SP verifier key, or the verifier key itself. */
export async function namedKey(given: string): Promise<KeyObject> {
  const { decodeVerifierKey } = await import('@portcullis/kernel');
  const direct = decodeVerifierKey(given);
  if (direct !== undefined) return direct.publicKey;
  const text = read(given).trim();
  const inFile = decodeVerifierKey(text);
  if (inFile !== undefined) return inFile.publicKey;
  return pem(text, given);
}

export const ownKey = (dataDir: string): KeyObject => {
  const path = join(dataDir, 'keys', 'signing.pem');
  // A directory from elsewhere may hold a pipe there; a key that is named may well be one.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false)
    throw new UsageError(`${path} is not a regular file`);
  return pem(read(path), path);
};

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `cannot read a public key: ${path}: ${(error as NodeJS.ErrnoException).code}`,
      ['name one with --key: PEM, or a verifier key as signed notes have it'],
    );
  }
}

function pem(text: string, path: string): KeyObject {
  try {
    const key = createPublicKey(text);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below.
  }
  throw new UsageError(`${path} holds no Ed25519 key`);
}
