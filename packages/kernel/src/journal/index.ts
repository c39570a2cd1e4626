/** The journal and the vault, for the wiring. */
export { openMemoryJournal } from './memory.ts';
export { openMemoryVault } from './memory-vault.ts';
export { openJournal } from './open.ts';
export { verifyConsistency, verifyInclusion } from './proof.ts';
export { openVault } from './vault.ts';
export { type VerifyOptions, verifyJournal } from './verify.ts';
