/** Keys, signatures, commitments and permits, for the wiring and its neighbours. */
export { commit, SALT_BYTES } from './commit.ts';
export {
  generateSigningKey,
  publicKeyFromRaw,
  rawPublicKey,
  type SigningKey,
  signEd25519,
  signingKeyFromPem,
  verifyEd25519,
} from './ed25519.ts';
export { loadOrCreateSecret, loadOrCreateSigningKey } from './keyfile.ts';
export {
  decodeVerifierKey,
  encodeVerifierKey,
  type NoteSigner,
  type NoteVerifier,
  noteVerifier,
  openNote,
  signNote,
} from './note.ts';
export { MAX_PERMIT, readPermit, signPermit } from './permit.ts';
