/** The journal and the vault, for the wiring. */
export { type MemoryJournalOptions, openMemoryJournal } from './memory.ts';
export { type MemoryVaultOptions, openMemoryVault } from './memory-vault.ts';
export {
  type OpenedJournal,
  type OpenJournalOptions,
  openJournal,
  type Recovery,
} from './open.ts';
export { verifyConsistency, verifyInclusion } from './proof.ts';
export { OUTCOME_ROOM } from './reserve.ts';
export type { Retention } from './rotation.ts';
export type { Append, Appended, FoldedState, Journal, Vault } from './types.ts';
export { openVault, type VaultOptions } from './vault.ts';
export { type VerifyOptions, verifyJournal } from './verify.ts';
