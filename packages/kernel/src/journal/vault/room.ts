/**
 * Who may fill the vault how far. Of what lies in it, some can be done without: results that handles name, answers kept for idempotency keys. They
 * leave room for what is held for people, so that nobody who reads much keeps others from asking.
 */

const SHARE: ReadonlyMap<string, number> = new Map([
  ['handle', 1 / 2],
  ['answer', 3 / 4],
]);

/** Bytes up to which a tenant's vault may be filled with a value of this kind. */
export const roomFor = (kind: string, quotaBytes: number): number =>
  Math.floor(quotaBytes * (SHARE.get(kind) ?? 1));

/** Bytes that answers kept for the keys of one principal may take: four of them leave handles half of theirs. */
export const answerRoomOf = (quotaBytes: number): number => Math.floor(quotaBytes / 16);

/** Bytes that the handles of one principal may name: four of them fill what handles may take, not one. */
export const handleRoomOf = (quotaBytes: number): number =>
  Math.floor(roomFor('handle', quotaBytes) / 4);
