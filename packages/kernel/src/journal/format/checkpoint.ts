/**
 * Checkpoints: C2SP tlog-checkpoint notes (https://c2sp.org/tlog-checkpoint) that bind journal, size and Merkle root. The
 * file `checkpoints` holds them one after another, a blank line behind each.
 */
import { type NoteSigner, type NoteVerifier, openNote, signNote } from '../../crypto/note.ts';
import { LineReader } from './lines.ts';

export interface Checkpoint {
  readonly size: number;
  /** Lower-case hex. */
  readonly root: string;
}

const ROOT = /^[A-Za-z0-9+/]{43}=$/;
const SIZE = /^(0|[1-9][0-9]{0,15})$/;

/** The signer's name is the origin: it names the journal. */
export function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): string {
  const root = Buffer.from(checkpoint.root, 'hex').toString('base64');
  return signNote(`${signer.name}\n${checkpoint.size}\n${root}\n`, signer);
}

/** undefined where the note is not well-formed, of another journal, or not signed by the verifier's key. */
export function openCheckpoint(
  note: string,
  verifier: NoteVerifier,
  options: { readonly witnessed?: boolean } = {},
): Checkpoint | undefined {
  const text = openNote(note, verifier, options);
  return text === undefined ? undefined : readCheckpoint(text, verifier.name);
}

/** Reads size and root from a checkpoint's text or note; no signature is looked at. */
export function readCheckpoint(text: string, origin: string): Checkpoint | undefined {
  const [name, size, root, ...rest] = text.split('\n');
  if (name !== origin || size === undefined || root === undefined || rest[0] !== '')
    return undefined;
  if (!SIZE.test(size) || !ROOT.test(root) || !Number.isSafeInteger(Number(size))) return undefined;
  const bytes = Buffer.from(root, 'base64');
  if (bytes.toString('base64') !== root) return undefined;
  return { size: Number(size), root: bytes.toString('hex') };
}

/** One note of the file, as text. */
export interface CheckpointEntry {
  readonly note: string;
  /** 1-based line of its first line. */
  readonly line: number;
}

const LINES = 6;
/** No line of a checkpoint is longer. */
const MAX_LINE = 1_024;

/** Reads the file of checkpoints in order, in bounded memory. */
export class CheckpointReader {
  readonly #reader: LineReader;
  #queue: CheckpointEntry[] = [];
  #next = 0;
  #lines: string[] = [];
  #line = 0;
  #whole = 0;

  constructor(path: string) {
    this.#reader = new LineReader(path);
  }

  /** Bytes up to which the file is whole notes; final after `peek` answered undefined. */
  get whole(): number {
    return this.#whole;
  }

  /** At the end: what stands behind the last whole note. */
  get rest(): string {
    const tail = this.#reader.rest.toString('utf8');
    return [...this.#lines, tail].join('\n');
  }

  peek(): CheckpointEntry | undefined {
    while (this.#next === this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
      const more = this.#reader.step((buffer, start, end, offset) => {
        this.#lines.push(buffer.toString('utf8', start, Math.min(end, start + MAX_LINE)));
        this.#line++;
        if (this.#lines.length < LINES) return;
        this.#queue.push({ note: this.#lines.join('\n'), line: this.#line - LINES + 1 });
        this.#lines = [];
        this.#whole = offset + (end - start) + 1;
      });
      if (!more && this.#queue.length === 0) return undefined;
    }
    return this.#queue[this.#next];
  }

  take(): void {
    if (this.peek() !== undefined) this.#next++;
  }

  close(): void {
    this.#reader.close();
  }
}

/** A note as it stands in the file. */
export const checkpointEntry = (note: string): string => `${note}\n`;
