/**
 * Columns as the vault holds them: one line of JSON, and behind it the texts as they are, for nothing else about a text costs as much as to write it as
 * JSON. What is the same in every row is written once.
 */
import type { Json } from '@portcullis/wire';
import {
  type Column,
  type Columns,
  type Dictionary,
  isDictionary,
  recordsOf,
} from '../frame/columns.ts';

/** A column: one value for all rows, as many values, few texts and in base64 the place of each row's among them, or a place among the texts. */
type Packed =
  | { readonly same: Json }
  | { readonly values: readonly Json[] }
  | { readonly few: readonly string[]; readonly places: string }
  | 'texts';

export interface PackedHead {
  readonly names: readonly string[];
  readonly columns: readonly Packed[];
}

/** Between texts. */
const END = '\0';

/** undefined where a text has in it what ends one, or is none that UTF-8 can say. */
export function pack({
  names,
  values,
}: Columns): { readonly packed: PackedHead; readonly texts: string } | undefined {
  const texts: string[] = [];
  let plain = true;
  const columns = values.map((column): Packed => {
    if (isDictionary(column)) return packDictionary(column);
    const [first] = column;
    if (typeof first !== 'object' && column.every((value) => value === first))
      return { same: first as Json };
    if (!column.every((value) => typeof value === 'string')) return { values: column };
    plain &&= !column.join('').includes(END);
    texts.push(column.join(END));
    return 'texts';
  });
  const joined = texts.join(END);
  return plain && joined.isWellFormed() ? { packed: { names, columns }, texts: joined } : undefined;
}

const packDictionary = ({ texts, places }: Dictionary): Packed =>
  texts.length === 1
    ? { same: texts[0] as string }
    : { few: texts, places: Buffer.from(places.buffer).toString('base64') };

export function unpack({ names, columns }: PackedHead, texts: string, rows: number): Json[] {
  const all = texts.split(END);
  let from = 0;
  const values = columns.map((column): Column => {
    if (column === 'texts') {
      from += rows;
      return all.slice(from - rows, from);
    }
    if ('few' in column)
      return { texts: column.few, places: Uint8Array.from(Buffer.from(column.places, 'base64')) };
    return 'same' in column ? new Array<Json>(rows).fill(column.same) : column.values;
  });
  return recordsOf({ names, values, rows });
}
