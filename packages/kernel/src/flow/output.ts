/**
 * Teaches an index what came back: each field by who wrote it, each record as a source of its own, so that what one sender wrote is told
 * apart from what the next did.
 */
import type { Json } from '@portcullis/wire';
import type { Author } from './label-file.ts';
import type { ResultLabels } from './label-set.ts';
import { MOST_LEAVES } from './leaves.ts';
import { FREE, MARK_OF, NAMED, NAMED_PAGE, PRIVATE, SECRET } from './marks.ts';
import type { ProvenanceIndex, Source } from './provenance.ts';
import { shapeOf } from './shape.ts';

export interface Output {
  readonly source: Source;
  readonly labels: ResultLabels;
  /** The user named what was read. */
  readonly named: boolean;
  /** It is a page on the web: it speaks for its own site only. */
  readonly page: boolean;
}

const DEEPEST = 64;

export function learn(index: ProvenanceIndex, data: Json, output: Output): void {
  const { labels } = output;
  const shape = shapeOf(data, labels.format);
  if (shape === undefined || typeof shape !== 'object' || shape === null) {
    index.begin(output.source);
    const author = typeof data === 'string' && labels.fields.size > 0 ? 'free' : labels.author;
    const text = typeof data === 'string' ? data : JSON.stringify(data ?? null);
    index.add(text, marksOf(author, labels.confidentiality, output.named, output.page));
    return;
  }
  const teacher = new Teacher(index, output);
  if (!Array.isArray(shape)) {
    index.begin(output.source);
    teacher.teach(shape, labels.author, output.named, 0, false);
    return;
  }
  if (shape.length === 0 || typeof shape[0] !== 'object') index.begin(output.source);
  for (const [i, record] of shape.entries()) {
    let named = output.named;
    if (record !== null && typeof record === 'object') {
      index.begin({ action: output.source.action, origin: `${output.source.origin}#${i}` });
      named ||= namesParty(index, record, labels.fields);
    }
    teacher.teach(record, labels.author, named, 0, false);
  }
}

/** A record of somebody whom the user named. */
function namesParty(
  index: ProvenanceIndex,
  record: Json,
  fields: ReadonlyMap<string, Author>,
): boolean {
  if (record === null || typeof record !== 'object' || Array.isArray(record)) return false;
  for (const [key, value] of Object.entries(record)) {
    if (fields.get(key) === 'party' && typeof value === 'string' && index.typed(value).name)
      return true;
  }
  return false;
}

function marksOf(
  author: Author,
  confidentiality: ResultLabels['confidentiality'],
  named: boolean,
  page: boolean,
): number {
  let marks = MARK_OF[author];
  if (marks === FREE && named) marks |= page ? NAMED_PAGE : NAMED;
  if (confidentiality === 'secret') marks |= SECRET;
  else if (confidentiality === 'private') marks |= PRIVATE;
  return marks;
}

class Teacher {
  readonly #index: ProvenanceIndex;
  readonly #output: Output;
  #left = MOST_LEAVES;

  constructor(index: ProvenanceIndex, output: Output) {
    this.#index = index;
    this.#output = output;
  }

  teach(
    value: Json,
    author: Author,
    named: boolean,
    depth: number,
    secret: boolean,
    settled = false,
  ): void {
    if (value === null || typeof value === 'boolean') return;
    const { labels, page } = this.#output;
    if (typeof value !== 'object' || depth >= DEEPEST) {
      if (this.#left-- <= 0) {
        this.#index.overflowed = true;
        return;
      }
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      this.#index.add(
        text,
        marksOf(author, secret ? 'secret' : labels.confidentiality, named, page),
      );
      return;
    }
    if (Array.isArray(value)) {
      for (const item of value) this.teach(item, author, named, depth + 1, secret, settled);
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      // Below a field that strangers fill, names of fields are theirs too.
      const declared = settled ? undefined : labels.fields.get(key);
      if (declared === undefined)
        this.teach(key, settled ? author : labels.keys, named, depth + 1, false, settled);
      const below = settled || declared === 'free';
      this.teach(
        inner,
        declared ?? author,
        named,
        depth + 1,
        secret || labels.secret.has(key),
        below,
      );
    }
  }
}
