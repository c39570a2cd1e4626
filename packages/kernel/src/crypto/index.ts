/** Keys, signatures, commitments and permits, for the wiring and its neighbours. */
export { committer } from './commit.ts';
export { generateSigningKey, type SigningKey } from './ed25519.ts';
export { loadOrCreateSecret, loadOrCreateSigningKey } from './keyfile.ts';
export { decodeVerifierKey } from './note.ts';
export { readPermit, signPermit } from './permit.ts';
