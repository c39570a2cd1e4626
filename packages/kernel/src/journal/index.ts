/** The journal and the vault, for the wiring. */
export { openMemoryJournal } from './memory.ts';
export { verifyConsistency, verifyInclusion } from './merkle/proof.ts';
export { openJournal } from './opening/open.ts';
export { openMemoryVault } from './vault/memory-vault.ts';
export { openVault } from './vault/vault.ts';
export { type VerifyOptions, verifyJournal } from './verifying/verify.ts';
