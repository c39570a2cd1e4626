/**
 * The names and bytes of the journal on disk, version 1; docs/journal-format.md is their description. Everything
 * here is a contract: a change of it is a new version.
 */
import { hash } from 'node:crypto';

/** Stands before what a record hash covers. */
export const RECORD_DOMAIN = Buffer.from('portcullis/record/v1\0');
const GENESIS_DOMAIN = 'portcullis/journal/v1\0';

/** Bytes of one line, line break included. */
export const MAX_RECORD = 1 << 20;
/** Records after which a checkpoint is due, and milliseconds. */
export const CHECKPOINT_RECORDS = 1_000;
export const CHECKPOINT_INTERVAL = 1_000;

export const CHECKPOINTS_FILE = 'checkpoints';
export const RESERVE_FILE = 'reserve';
/** Ends the name of a file that is written beside the one it will replace. */
export const UNFINISHED = '.new';

const SEQ_DIGITS = 16;

/** `0000000000000001.jsonl`: a segment is named after its first record. */
export const segmentName = (first: number): string => `${pad(first)}.jsonl`;
/** `0000000000001000.summary`: a summary or snapshot is named after the last record it speaks of. */
export const summaryName = (last: number): string => `${pad(last)}.summary`;
export const snapshotName = (last: number): string => `${pad(last)}.snapshot`;

/** The number in the name of a segment, summary or snapshot; undefined for any other file. */
export function seqOfName(name: string, suffix: string): number | undefined {
  const match = /^([0-9]{16})\.([a-z]+)$/.exec(name);
  return match !== null && match[2] === suffix ? Number(match[1]) : undefined;
}

/** What the first record names as its predecessor: SHA-256(`portcullis/journal/v1\0` || journal id), lower-case hex. */
export const genesis = (journalId: string): string =>
  hash('sha256', GENESIS_DOMAIN + journalId, 'hex');

/** The first line of every checkpoint, and the name of the key that signs it. */
export const checkpointOrigin = (name: string, journalId: string): string => `${name}/${journalId}`;

export const JOURNAL_ID = /^[0-9a-f]{32}$/;
export const NODE_NAME = /^[A-Za-z0-9._-]{1,64}$/;
/** Of the signer; becomes part of the origin. */
export const SIGNER_NAME = /^[A-Za-z0-9._/-]{1,128}$/;

function pad(seq: number): string {
  return String(seq).padStart(SEQ_DIGITS, '0');
}
