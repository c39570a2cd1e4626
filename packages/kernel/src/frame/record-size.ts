/** Bytes that records take as JSON, told from their columns: what comes again and again is looked at once. */
import type { Json } from '@portcullis/wire';
import { type ClipLimits, sizeAsJson } from './clip.ts';
import { type Column, type Columns, isDictionary } from './columns.ts';

/** Of the first `most`. undefined where one of them would be clipped, or a text says more as JSON than its characters. */
export function sizeOfRecords(
  { names, values, rows }: Columns,
  most: number,
  { members, characters }: ClipLimits,
): number | undefined {
  const count = Math.min(rows, most);
  if (names.length > members || names.some((name) => name.length > characters)) return undefined;
  // Braces, names with their colons, commas between members, and one behind each record but the last.
  const each = 2 + Math.max(0, names.length - 1) + 1;
  let size = 2 + count * each - (count > 0 ? 1 : 0);
  for (let at = 0; at < names.length; at++) {
    const column = sizeOfColumn(values[at] as Column, count, characters);
    if (column === undefined) return undefined;
    size += column + count * (sizeAsJson(names[at] as string) + 1);
  }
  return size;
}

function sizeOfColumn(column: Column, count: number, characters: number): number | undefined {
  if (!isDictionary(column)) return sizeOfValues(column.slice(0, count), characters);
  const { texts, places } = column;
  if (sizeOfValues(texts, characters) !== quoted(texts)) return undefined;
  let size = 0;
  for (let row = 0; row < count; row++) size += (texts[places[row] as number] as string).length + 2;
  return size;
}

/** Without what stands around and between them. */
function sizeOfValues(values: readonly Json[], characters: number): number | undefined {
  for (const value of values) {
    const whole = typeof value === 'string' ? value.length <= characters : !isContainer(value);
    if (!whole) return undefined;
  }
  return sizeAsJson(values as Json[]) - 1 - Math.max(1, values.length);
}

/** Of texts in which nothing is written otherwise than it is. */
const quoted = (texts: readonly string[]): number =>
  texts.reduce((size, text) => size + text.length + 2, 0);

const isContainer = (value: Json): boolean => typeof value === 'object' && value !== null;
