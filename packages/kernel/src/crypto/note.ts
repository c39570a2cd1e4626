/**
 * Signed notes as C2SP specifies them (https://c2sp.org/signed-note), with Ed25519: a text, a blank line, signature lines.
 * Reading is strict: one encoding for each note, so that no byte of a stored note can change unnoticed.
 */
import { hash, type KeyObject } from 'node:crypto';
import {
  publicKeyFromRaw,
  rawPublicKey,
  type SigningKey,
  signEd25519,
  verifyEd25519,
} from './ed25519.ts';

const ED25519 = 0x01;
const MAX_NOTE = 16 * 1024;
const SIGNATURE_LINE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/;

export interface NoteSigner {
  readonly name: string;
  readonly key: SigningKey;
}

export interface NoteVerifier {
  readonly name: string;
  readonly publicKey: KeyObject;
  /** First 4 bytes of SHA-256(name || 0x0A || 0x01 || public key). */
  readonly id: Buffer;
}

/** Throws where the name is empty or holds white space or a plus. */
export function noteVerifier(name: string, publicKey: KeyObject): NoteVerifier {
  if (!/^[^\s+]+$/u.test(name)) throw new Error('a note key name has no white space and no plus');
  const bytes = Buffer.concat([
    Buffer.from(`${name}\n`),
    Buffer.from([ED25519]),
    rawPublicKey(publicKey),
  ]);
  const id = hash('sha256', bytes, 'buffer').subarray(0, 4);
  return Object.freeze({ name, publicKey, id });
}

/** The text must end in a line break; the note does too. */
export function signNote(text: string, signer: NoteSigner): string {
  if (!text.endsWith('\n')) throw new Error('the text of a note ends in a line break');
  const { id } = noteVerifier(signer.name, signer.key.publicKey);
  const signature = signEd25519(signer.key, Buffer.from(text));
  return `${text}\n\u2014 ${signer.name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
}

/**
 * The text of a note that carries exactly one signature, the verifier's, and is valid; else undefined. Notes with
 * co-signatures of witnesses are read by passing `witnessed`: other signatures are then ignored.
 */
export function openNote(
  note: string,
  verifier: NoteVerifier,
  options: { readonly witnessed?: boolean } = {},
): string | undefined {
  if (note.length > MAX_NOTE || !note.endsWith('\n')) return undefined;
  const cut = note.lastIndexOf('\n\n');
  if (cut < 0) return undefined;
  const text = note.slice(0, cut + 1);
  const lines = note.slice(cut + 2, -1).split('\n');
  if (lines.length > 16 || (options.witnessed !== true && lines.length !== 1)) return undefined;
  let valid = false;
  for (const line of lines) {
    const match = SIGNATURE_LINE.exec(line);
    if (match === null) return undefined;
    const blob = Buffer.from(match[2] as string, 'base64');
    if (blob.toString('base64') !== match[2]) return undefined;
    if (match[1] !== verifier.name || !blob.subarray(0, 4).equals(verifier.id)) continue;
    if (!verifyEd25519(verifier.publicKey, Buffer.from(text), blob.subarray(4))) return undefined;
    valid = true;
  }
  return valid ? text : undefined;
}

/** C2SP verifier key: `name+hash+base64(0x01 || public key)`. undefined where the text is no verifier key, or its hash does not fit. */
export function decodeVerifierKey(text: string): NoteVerifier | undefined {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text);
  if (match === null) return undefined;
  const key = Buffer.from(match[3] as string, 'base64');
  if (key.length !== 33 || key[0] !== ED25519) return undefined;
  const verifier = noteVerifier(match[1] as string, publicKeyFromRaw(key.subarray(1)));
  return verifier.id.toString('hex') === match[2] ? verifier : undefined;
}
