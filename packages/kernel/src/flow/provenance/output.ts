/**
 * Teaches an index what came back: each field by who wrote it, each record as a source of its own, so that what one sender wrote is told
 * apart from what the next did.
 */
import type { Json, Label } from '@portcullis/wire';
import type { Author } from '../label-files/label-file.ts';
import type { ResultLabels } from '../label-files/label-set.ts';
import { MOST_LEAVES } from '../leaves.ts';
import { shapeOf } from '../text/shape.ts';
import {
  FREE,
  MARK_OF,
  MATCHED,
  NAMED,
  NAMED_AUTHOR,
  PLATFORM,
  PRIVATE,
  SECRET,
  TRUSTED,
} from './marks.ts';
import type { ProvenanceIndex, Source } from './provenance.ts';

/** With how private it is. */
type KnownLabels = ResultLabels & { readonly confidentiality: Label['confidentiality'] };

export interface Output {
  readonly source: Source;
  readonly labels: KnownLabels;
  /** The user named what was read. */
  readonly named: boolean;
  /** It is a page on the web: it speaks for its own site only. */
  readonly page: boolean;
}

/** Of things that somebody stored before: no better, and no less private, than what was stored. */
export function asStored(
  labels: KnownLabels,
  stored: Label,
  kept: (field: string) => boolean,
): KnownLabels {
  const confidentiality = moreOf(labels.confidentiality, stored.confidentiality);
  if (stored.integrity === 'trusted') return { ...labels, confidentiality };
  const fields = new Map<string, Author>();
  for (const [field, author] of labels.fields)
    fields.set(field, author === 'trusted' || kept(field) ? 'free' : author);
  return { ...labels, author: 'free', keys: 'free', fields, by: undefined, confidentiality };
}

const RANK = { public: 0, private: 1, secret: 2 } as const;

export const moreOf = (a: Label['confidentiality'], b: Label['confidentiality']) =>
  RANK[b] > RANK[a] ? b : a;

const DEEPEST = 64;

export function learn(index: ProvenanceIndex, data: Json, output: Output): void {
  const { labels } = output;
  const read = shapeOf(data, labels.format);
  const shape = read?.value;
  if (shape === undefined || typeof shape !== 'object' || shape === null) {
    index.begin(output.source);
    if (output.named && !output.page && typeof data === 'string') index.people.heed(data);
    // What should have had fields and has none is nobody's word.
    const shapeless =
      typeof data === 'string' && labels.format !== undefined && labels.format !== 'text';
    const author = shapeless ? 'free' : labels.author;
    const text = typeof data === 'string' ? data : JSON.stringify(data ?? null);
    const about = { named: output.named && !output.page, author: false, matched: output.named };
    index.add(text, marksOf(author, labels.confidentiality, about));
    return;
  }
  if (read !== undefined && read.rest !== '') {
    index.begin(output.source);
    const unread = { named: output.named && !output.page, author: false, matched: false };
    index.add(read.rest, marksOf('free', labels.confidentiality, unread));
  }
  const teacher = new OutputLearner(index, output);
  for (const [place, record] of recordsOf(shape)) {
    const whole = place === '';
    index.begin(
      whole ? output.source : { ...output.source, origin: `${output.source.origin}#${place}` },
    );
    const byName = !whole && namesAuthor(index, record, labels.by);
    if (byName) index.people.heed(JSON.stringify(record));
    teacher.record(record, {
      named: (output.named && !output.page) || byName,
      author: byName,
      matched: output.named || answers(index, record),
    });
  }
}

/** A list of records, or an object that has a record under each name; anything else is one. */
function recordsOf(shape: Json[] | { [key: string]: Json }): [string, Json][] {
  const members = Object.entries(shape);
  const all = members.every(([, inner]) => inner !== null && typeof inner === 'object');
  if (!Array.isArray(shape) && !(all && members.length > 0)) return [['', shape]];
  if (Array.isArray(shape)) return members.map(([at, record]) => [at, record]);
  return members.map(([key, inner]) => [key, { [key]: inner }]);
}

/** A record that somebody wrote whom the user named. */
function namesAuthor(index: ProvenanceIndex, record: Json, by: string | undefined): boolean {
  if (by === undefined || record === null || typeof record !== 'object' || Array.isArray(record))
    return false;
  const author = record[by];
  if (typeof author !== 'string' || author.length > LONGEST_NAME) return false;
  if (index.people.typed(author)) return true;
  return (index.find(author).marks & TRUSTED) !== 0;
}

/** Read of a record to see whether it answers to the user's words. */
const READ = 2_000;
const SHORT = 80;

/** What the record says of itself has a word in common with what the user said. */
function answers(index: ProvenanceIndex, record: Json): boolean {
  let left = READ;
  const says = (value: Json, depth: number): boolean => {
    if (left <= 0 || value === null || depth > 4) return false;
    if (typeof value === 'string') {
      if (value.length > SHORT) return false;
      left -= value.length;
      return index.userIntent.mentions(value);
    }
    if (typeof value !== 'object') return false;
    if (Array.isArray(value)) return value.some((item) => says(item, depth + 1));
    return Object.entries(value).some(
      ([key, inner]) =>
        (depth === 0 && inner !== null && typeof inner === 'object' && says(key, 1)) ||
        says(inner, depth + 1),
    );
  };
  return says(record, 0);
}

/** What the platform vouches for is a name, a number, a date. Prose in such a place was put there by somebody. */
const LONGEST_NAME = 120;
const MOST_WORDS = 20;

const isProse = (text: string): boolean =>
  text.length > LONGEST_NAME ||
  text.includes('\n') ||
  (text.length > MOST_WORDS && text.split(/\s+/, MOST_WORDS + 1).length > MOST_WORDS);

interface RecordContext {
  /** The user named what was read, or who wrote it. A page on the web speaks for its own site and is never named. */
  readonly named: boolean;
  /** The user named who wrote it. */
  readonly author: boolean;
  /** It answers to the user's words. */
  readonly matched: boolean;
}

function marksOf(
  author: Author,
  confidentiality: Label['confidentiality'],
  about: RecordContext,
): number {
  let marks = MARK_OF[author];
  if (marks === FREE && about.named) marks |= about.author ? NAMED | NAMED_AUTHOR : NAMED;
  if (marks === PLATFORM && about.matched) marks |= MATCHED;
  if (confidentiality === 'secret') marks |= SECRET;
  else if (confidentiality === 'private') marks |= PRIVATE;
  return marks;
}

class OutputLearner {
  readonly #index: ProvenanceIndex;
  readonly #output: Output;
  #left = MOST_LEAVES;
  #about: RecordContext = { named: false, author: false, matched: false };

  constructor(index: ProvenanceIndex, output: Output) {
    this.#index = index;
    this.#output = output;
  }

  record(value: Json, about: RecordContext): void {
    this.#about = about;
    this.#teach(value, this.#output.labels.author, 0, false, false);
  }

  #teach(value: Json, author: Author, depth: number, secret: boolean, settled: boolean): void {
    if (value === null || typeof value === 'boolean') return;
    const { labels } = this.#output;
    if (typeof value !== 'object' || depth >= DEEPEST) {
      if (this.#left-- <= 0) {
        this.#index.overflowed = true;
        return;
      }
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      const by =
        author !== 'trusted' && typeof value === 'string' && isProse(text) ? 'free' : author;
      this.#index.add(text, marksOf(by, secret ? 'secret' : labels.confidentiality, this.#about));
      return;
    }
    if (Array.isArray(value)) {
      for (const item of value) this.#teach(item, author, depth + 1, secret, settled);
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      // Below a field that strangers fill, names of fields are theirs too.
      const declared = settled ? undefined : labels.fields.get(key);
      if (declared === undefined)
        this.#teach(key, settled ? author : labels.keys, depth + 1, false, settled);
      const below = settled || declared === 'free';
      this.#teach(inner, declared ?? author, depth + 1, secret || labels.secret.has(key), below);
    }
  }
}
