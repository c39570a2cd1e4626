/**
 * Records that all have the same members in the same order, by member: what a name says of its values is asked once for all of them. As a list they
 * are what they were.
 */
import type { Json } from '@portcullis/wire';
import { plainObject } from '../action/index.ts';

/** A column, dictionary-encoded: few different texts, and which of them each row has. */
export interface Dictionary {
  readonly texts: readonly string[];
  readonly places: Uint8Array;
}

/** A value for each row. */
export type Column = readonly Json[] | Dictionary;

export interface Columns<OneOf = Column> {
  readonly names: readonly string[];
  /** As many as names. */
  readonly values: readonly OneOf[];
  readonly rows: number;
}

/** A result, as it is or by column. */
export type Whole =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'columns'; readonly columns: Columns };

/** undefined for anything else. Each value is read once, and nothing is made of it. */
export function columnsOf(data: unknown): Columns<readonly unknown[]> | undefined {
  if (!Array.isArray(data) || data.length < 2 || convertsItself(data)) return undefined;
  const rows = data.length;
  const first: unknown = data[0];
  if (!isRecord(first)) return undefined;
  const names = Object.keys(first);
  const values = names.map(() => new Array<unknown>(rows));
  for (let row = 0; row < rows; row++) {
    const record: unknown = data[row];
    if (!isRecord(record)) return undefined;
    let at = 0;
    // What is inherited has no place among the names, so it ends here.
    for (const name in record) {
      const value = record[name];
      if (name !== names[at] || value === undefined) return undefined;
      (values[at++] as unknown[])[row] = value;
    }
    if (at !== names.length) return undefined;
  }
  return { names, values, rows };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array) &&
  !convertsItself(value);

const convertsItself = (value: object): boolean =>
  typeof (value as { toJSON?: unknown }).toJSON === 'function';

export const isDictionary = (column: Column): column is Dictionary => 'places' in column;

/** The value of a row. */
const valueAt = (column: Column, row: number): Json =>
  (isDictionary(column) ? column.texts[column.places[row] as number] : column[row]) as Json;

/** At most so many of them as records again. */
export function recordsOf(
  { names, values, rows }: Columns,
  most = Number.POSITIVE_INFINITY,
): { [key: string]: Json }[] {
  return Array.from({ length: Math.min(rows, most) }, (_, row) => {
    const record = plainObject();
    for (let at = 0; at < names.length; at++)
      record[names[at] as string] = valueAt(values[at] as Column, row);
    return record;
  });
}

/** Only the columns of these names. */
export function onlyColumns({ names, values, rows }: Columns, fields: readonly string[]): Columns {
  const wanted = new Set(fields);
  const kept = names.map((_, at) => at).filter((at) => wanted.has(names[at] as string));
  return {
    names: kept.map((at) => names[at] as string),
    values: kept.map((at) => values[at] as Column),
    rows,
  };
}

/** The result itself. */
export const wholeValue = (whole: Whole): Json =>
  whole.kind === 'value' ? whole.value : recordsOf(whole.columns);
