/**
 * The rows of a result, and what a capability lets be seen of them: elements of a list, of the one list of records in an object, lines of a
 * text; anything else is one row. Works on what is masked already.
 */
import type { Json } from '@portcullis/wire';
import { plainObject } from '../action/index.ts';
import { isJsonObject } from '../action/plain.ts';
import { wholeEnd } from './characters.ts';

export type Rows = readonly Json[];

/** UTF-16 units of one row of a text: longer lines are several rows. Joined, the rows are the text. */
const LONGEST_LINE = 4_096;

/** `most`: of a text, no more than that are made. */
export function rowsOf(data: Json, most = Number.POSITIVE_INFINITY): Rows {
  if (Array.isArray(data)) return data;
  if (typeof data === 'string') return firstLines(data, most);
  const list = listIn(data);
  return list === undefined ? [data] : list[1];
}

/** The one member that is a list of records, where exactly one is. */
function listIn(data: Json): readonly [name: string, rows: Rows] | undefined {
  if (!isJsonObject(data)) return undefined;
  let found: [string, Json[]] | undefined;
  for (const name of Object.keys(data)) {
    const member = data[name];
    if (!Array.isArray(member) || member.length === 0 || !member.every(isJsonObject)) continue;
    if (found !== undefined) return undefined;
    found = [name, member];
  }
  return found;
}

/** One after the other: a long text is as many rows as it has lines, and nobody needs to hold them all. */
export function* linesOf(text: string): Generator<string> {
  let at = 0;
  for (const end of endsOf(text)) {
    yield text.slice(at, end);
    at = end;
  }
}

/** Of `rowsOf`, without making them. */
export function rowCount(data: Json): number {
  if (typeof data !== 'string') return rowsOf(data).length;
  let count = 0;
  for (const _ of endsOf(data)) count++;
  return count;
}

function firstLines(text: string, most: number): string[] {
  const rows: string[] = [];
  if (most < 1) return rows;
  for (const line of linesOf(text)) if (rows.push(line) >= most) break;
  return rows;
}

/** Where rows end. A break is looked for once: a line of many rows is not searched again for each of them. */
function* endsOf(text: string): Generator<number> {
  let after = 0;
  for (let at = 0; at < text.length; ) {
    if (after <= at) after = text.indexOf('\n', at) + 1 || text.length;
    let end = after;
    if (end - at > LONGEST_LINE) {
      end = wholeEnd(text, at + LONGEST_LINE);
    }
    yield end;
    at = end;
  }
}

/** Only these members of each row; undefined where the result has none, and so nothing of it may be seen. */
export function onlyFields(data: Json, fields: readonly string[]): Json | undefined {
  const wanted = new Set(fields);
  if (Array.isArray(data)) return data.filter(isJsonObject).map((row) => pick(row, wanted));
  if (!isJsonObject(data)) return undefined;
  const list = listIn(data);
  if (list === undefined) return pick(data, wanted);
  const rest = pick(data, wanted);
  rest[list[0]] = list[1].map((row) => pick(row as { [key: string]: Json }, wanted));
  return rest;
}

export function pick(
  row: { readonly [key: string]: Json },
  wanted: ReadonlySet<string>,
): { [key: string]: Json } {
  const picked = plainObject();
  for (const name of Object.keys(row)) if (wanted.has(name)) picked[name] = row[name] as Json;
  return picked;
}

/** At most so many rows of it. */
export function onlyRows(data: Json, most: number): Json {
  if (Array.isArray(data)) return data.length > most ? data.slice(0, most) : data;
  if (typeof data === 'string') return rowsOf(data, most).join('');
  const list = listIn(data);
  if (list === undefined) return most > 0 ? data : null;
  const copy = plainObject();
  for (const name of Object.keys(data as object))
    copy[name] = name === list[0] ? list[1].slice(0, most) : ((data as typeof copy)[name] as Json);
  return copy;
}
