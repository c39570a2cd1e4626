/**
 * What one session has seen, and who wrote it. Fed with the user's turns and with every outcome; asked where a value could have come
 * from. Time is linear in what is fed and in what is asked; memory is bounded, and past the bounds nothing counts as known.
 */
import { dates } from '../text/dates.ts';
import { spellings } from '../text/decode.ts';
import {
  emptyTokens,
  hashText,
  MIXED,
  mix,
  NUMBER,
  type Tokens,
  tokenise,
} from '../text/tokens.ts';
import { UserIntent } from './intent.ts';
import {
  AUTHORS_MARKS,
  FREE,
  MATCHED,
  NAMED,
  NAMED_AUTHOR,
  PARTY,
  PLATFORM,
  PRIVATE,
  PUBLIC,
  SECRET,
  TRUSTED,
  WRITTEN,
} from './marks.ts';
import { NamedPeople } from './named-people.ts';
import { MARKS, PairFilter, SOURCE_SHIFT, TokenTable } from './table.ts';

/** Of one leaf, of one output, of one session: characters that are read. */
const LEAF_CHARS = 4 * 1024 * 1024;
const OUTPUT_CHARS = 8 * 1024 * 1024;
const SESSION_CHARS = 64 * 1024 * 1024;
const VOUCHED = TRUSTED | PLATFORM | PARTY | MATCHED;
const MOST_SOURCES = 4_096;
const LAST_SOURCE = (1 << (32 - SOURCE_SHIFT)) - 1;

export interface Source {
  readonly action: string;
  readonly origin: string;
  /** Where that had it from, where it was stored before. */
  readonly via?: string;
}

export interface Found {
  /** Marks that hold of the value as a whole. */
  readonly marks: number;
  /** No more than one or two characters, or a small number: it may stand anywhere by chance. */
  readonly weak: boolean;
  /** Says nothing: empty, or no letter and no digit. */
  readonly empty: boolean;
  /** Number of the last of the sources that its tokens first came from: as a whole it came from none before that. 0 for none. */
  readonly source: number;
}

const NOTHING: Found = Object.freeze({ marks: 0, weak: false, empty: true, source: 0 });

const POINTERS = ['id', 'no', 'nr', 'number'].map(
  (word) => tokenise(word, emptyTokens(1)).hashes[0] as number,
);

/** One scratch for all: reading is synchronous and never nests. */
const scratch = emptyTokens(1024);

function read(text: string): Tokens {
  scratch.length = 0;
  scratch.joined.length = 0;
  if (scratch.hashes.length > 1 << 16) Object.assign(scratch, emptyTokens(1024));
  return tokenise(text, scratch, LEAF_CHARS);
}

const pairKey = (a: number, b: number, mark: number): number =>
  mix((Math.imul(a, 31) + b + Math.imul(mark, 0x9e3779b9)) >>> 0);

export class ProvenanceIndex {
  readonly userIntent = new UserIntent();
  readonly people = new NamedPeople(this.userIntent);
  readonly #tokens = new TokenTable();
  readonly #pairs = new PairFilter();
  readonly #sources: Source[] = [{ action: '', origin: '' }];
  #clock = 0;
  #chars = 0;
  #outputChars = 0;
  #fromUser = false;
  /** Something was not read: what is not found may all the same have been there. */
  overflowed = false;
  /** Free text of strangers has been seen. */
  tainted = false;

  get bytes(): number {
    return this.#tokens.bytes + this.#pairs.bytes + this.#sources.length * 96 + 2_048;
  }

  /** The number that the next source will be later than. */
  get clock(): number {
    return this.#clock;
  }

  source(number: number): Source | undefined {
    return number === 0 ? undefined : this.#sources[number];
  }

  turn(text: string): void {
    this.userIntent.add(text.slice(0, LEAF_CHARS));
    this.begin({ action: 'user', origin: 'turn' });
    this.#fromUser = true;
    this.add(text, TRUSTED);
    this.#fromUser = false;
  }

  /** Somebody who may say so vouches for this value: it counts as if the user had typed it. */
  endorse(value: string): void {
    this.begin({ action: 'portcullis.endorse', origin: '' });
    this.#fromUser = true;
    this.add(value, TRUSTED);
    this.#fromUser = false;
  }

  /** Somebody who may say so calls this value public: here and wherever it comes up again. */
  declassify(value: string): void {
    const { hashes, length } = read(value);
    for (let i = 0; i < length; i++) this.#tokens.mark(hashes[i] as number, PUBLIC, this.#clock);
  }

  /** A new source: every leaf added until the next belongs to it. */
  begin(source: Source): number {
    this.#outputChars = 0;
    if (this.#clock < LAST_SOURCE) this.#clock++;
    if (this.#clock < MOST_SOURCES) this.#sources[this.#clock] = source;
    return this.#clock;
  }

  /** One leaf of an output, with the marks of who wrote it. */
  add(text: string, marks: number): void {
    if (text === '') return;
    if (this.#outputChars > OUTPUT_CHARS || this.#chars > SESSION_CHARS || text.length > LEAF_CHARS)
      this.overflowed = true;
    if (marks & FREE && !this.tainted) this.tainted = true;
    if (this.#outputChars > OUTPUT_CHARS || this.#chars > SESSION_CHARS) return;
    this.#outputChars += text.length;
    this.#chars += text.length;
    if (!this.#fromUser) this.people.see(text);
    this.#learn(text, marks);
    if (text.length >= 8)
      for (const other of spellings(text.slice(0, LEAF_CHARS))) this.#learn(other, marks);
    if (text.length >= 5)
      for (const date of dates(text.slice(0, LEAF_CHARS)))
        this.#mark(hashText(`date ${date}`), marks);
  }

  #learn(text: string, marks: number): void {
    const { hashes, length, joined } = read(text);
    let before = 0;
    let beforeMarks = 0;
    for (let i = 0; i < length; i++) {
      const hash = hashes[i] as number;
      const own = this.#mark(hash, marks);
      if (before !== 0) {
        for (let left = own & beforeMarks & AUTHORS_MARKS; left !== 0; left &= left - 1) {
          if (!this.#pairs.add(pairKey(before, hash, left & -left))) this.overflowed = true;
        }
      }
      before = hash;
      beforeMarks = own;
    }
    for (const hash of joined) this.#mark(hash, marks);
  }

  /** What the session wrote there itself gets no better by being shown again. */
  #mark(hash: number, marks: number): number {
    const known = this.#tokens.get(hash);
    let own = marks;
    if (known & WRITTEN && marks & VOUCHED && !this.#fromUser) {
      own = (marks & ~VOUCHED) | (known & (FREE | PARTY));
      if (own === 0) return 0;
    }
    if ((known & own) !== own && !this.#tokens.mark(hash, own, this.#clock)) this.overflowed = true;
    return own;
  }

  /** The session puts this value into the world: an echo of it does not count as the platform's own word. */
  wrote(value: string, payload: boolean): void {
    const { hashes, length } = read(value);
    for (let i = 0; i < length; i++) {
      const hash = hashes[i] as number;
      const known = this.#tokens.get(hash);
      // Words of the model's own in a text are everybody's words.
      if ((known & (TRUSTED | PLATFORM)) === 0 && (!payload || known & FREE))
        this.#tokens.mark(hash, WRITTEN, this.#clock);
    }
  }

  /** Where the value as a whole was seen, in any of its spellings. */
  find(value: string): Found {
    const plain = this.#find(value);
    if (plain.marks & (AUTHORS_MARKS & ~NAMED & ~NAMED_AUTHOR) || plain.empty) return plain;
    for (const other of value.length >= 8 ? spellings(value.slice(0, 65_536)) : []) {
      const found = this.#find(other);
      if (found.marks & AUTHORS_MARKS) return found;
    }
    const joined = this.#tokens.get(hashJoined(value));
    if (joined & AUTHORS_MARKS)
      return { marks: joined & MARKS, weak: false, empty: false, source: joined >>> SOURCE_SHIFT };
    return plain;
  }

  #find(value: string): Found {
    const { hashes, sizes, kinds, length } = read(value);
    if (length === 0) return NOTHING;
    let marks = MARKS;
    let before = 0;
    let source = 0;
    let weak = true;
    for (let i = 0; i < length && marks !== 0; i++) {
      const hash = hashes[i] as number;
      const posting = this.#tokens.get(hash);
      marks &= posting & MARKS;
      const size = sizes[i] as number;
      source = Math.max(source, posting >>> SOURCE_SHIFT);
      if (size > 2 || kinds[i] === MIXED) weak = false;
      if (before !== 0) {
        for (let left = marks & AUTHORS_MARKS; left !== 0; left &= left - 1) {
          const mark = left & -left;
          if (!this.#pairs.has(pairKey(before, hash, mark))) marks &= ~mark;
        }
      }
      before = hash;
    }
    return { marks, weak: weak && length === 1, empty: false, source };
  }

  /** Strangers speak of this short value as a thing: `id 13`, `number 7`. A number by itself stands in every text. */
  pointedAt(value: string): boolean {
    const { hashes, length } = read(value);
    const hash = hashes[0] as number;
    return length === 1 && POINTERS.some((word) => this.#pairs.has(pairKey(word, hash, FREE)));
  }

  /** The dates in a value, each looked up; undefined where it holds none. */
  findDates(value: string): { found: number; some: boolean }[] | undefined {
    const all = [...dates(value.slice(0, 256))].filter((date) => date.length > 5);
    if (all.length === 0) return undefined;
    return all.map((date) => {
      const whole = this.#tokens.get(hashText(`date ${date}`)) & MARKS;
      const short = this.#tokens.get(hashText(`date ${date.slice(5)}`)) & MARKS;
      return { found: whole | (short & TRUSTED) || short, some: (whole | short) !== 0 };
    });
  }

  /** Whether the user typed this token. */
  trusts(hash: number): boolean {
    return (this.#tokens.get(hash) & TRUSTED) !== 0;
  }

  /** Of a value's tokens, the share that the user typed. */
  typed(value: string): number {
    const { hashes, length } = read(value);
    let known = 0;
    for (let i = 0; i < length; i++) if (this.#tokens.get(hashes[i] as number) & TRUSTED) known++;
    return length === 0 ? 0 : known / length;
  }

  /** How private what a text carries is: tokens that say something, seen in such data or nowhere, and not typed by the user. */
  carries(value: string): { private: number; secret: number; said: number; unknown: number } {
    const { hashes, sizes, kinds, length } = read(value);
    const count = { private: 0, secret: 0, said: 0, unknown: 0 };
    for (let i = 0; i < length; i++) {
      const size = sizes[i] as number;
      if (size < 5 && !(kinds[i] === MIXED && size > 3) && !(kinds[i] === NUMBER && size > 3))
        continue;
      count.said++;
      const posting = this.#tokens.get(hashes[i] as number);
      if (posting & (TRUSTED | PUBLIC)) continue;
      if (posting === 0) count.unknown++;
      else if (posting & SECRET) count.secret++;
      else if (posting & PRIVATE) count.private++;
    }
    return count;
  }

  /** Whether the value was first seen after the source of this number, in whatever came back. */
  freshSince(value: string, clock: number): boolean {
    const { hashes, length } = read(value);
    if (length !== 1) return false;
    const posting = this.#tokens.get(hashes[0] as number);
    return (
      posting >>> SOURCE_SHIFT > clock &&
      (posting & (FREE | PARTY | PLATFORM | NAMED | NAMED_AUTHOR)) !== 0
    );
  }
}

/** Letters and digits alone, as one token: `AT68 5453 2054` and `AT6854532054` are one account. */
function hashJoined(value: string): number {
  if (value.length > 128) return 0;
  const { hashes, length } = read(value.replace(/[^\p{L}\p{N}]+/gu, ''));
  return length === 1 ? (hashes[0] as number) : 0;
}
