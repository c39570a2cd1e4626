/**
 * Counted facts about a masked result, without a model: the same for any order of its rows and of their members, bounded, and about any
 * member name. Of records: how many, their fields, least, most and mean of numbers, and how often each of a few values comes.
 */
import type { Json } from '@portcullis/wire';
import { plainObject } from '../action/index.ts';
import { clip, clipText, type Left, sizeAsJson } from './clip.ts';
import { type Column, type Columns, isDictionary, type Whole } from './columns.ts';
import { ExactSum } from './exact-sum.ts';
import { rowCount, rowsOf } from './rows.ts';

/** A field with more different texts than this has no counts of them. */
const MOST_VALUES = 10;
/** UTF-16 units of a text that is counted, and of a member that is shown. */
const VALUE = 80;
const BEGINNING = 500;
/** Beyond, a sum might not be a double in every order. */
const LARGEST = 2 ** 960;

interface Field {
  readonly name: string;
  rows: number;
  readonly sum: ExactSum;
  numbers: number;
  min: number;
  max: number;
  /** undefined where there are too many, or one is no text. */
  values: Map<string, number> | undefined;
}

/** At most `fields` fields and `room` bytes. */
export function summarize(data: Whole, fields: number, room: number, left: Left): Json {
  for (let most = fields; most > 0; most = most >> 1) {
    const tried: Left = { texts: 0, items: 0 };
    const facts = factsOf(data, most, tried);
    if (sizeAsJson(facts) > room) continue;
    left.texts += tried.texts;
    left.items += tried.items;
    return facts;
  }
  left.items++;
  const least = { rows: data.kind === 'columns' ? data.columns.rows : rowCount(data.value) };
  return sizeAsJson(least) > room ? null : least;
}

function factsOf(whole: Whole, most: number, left: Left): Json {
  if (whole.kind === 'columns')
    return ofFields(whole.columns.rows, fieldsOf(whole.columns), most, left);
  const data = whole.value;
  if (typeof data === 'string') return ofText(data, left);
  if (typeof data !== 'object' || data === null) return { value: data };
  const rows = rowsOf(data);
  const facts =
    Array.isArray(data) || rows[0] !== data
      ? ofFields(rows.length, count(rows), most, left)
      : plainObject();
  return Array.isArray(data) ? facts : { ...facts, members: ofMembers(data, rows, most, left) };
}

function ofText(text: string, left: Left): Json {
  let lines = text === '' ? 0 : 1;
  for (
    let at = text.indexOf('\n');
    at !== -1 && at < text.length - 1;
    at = text.indexOf('\n', at + 1)
  )
    lines++;
  return { characters: text.length, lines, beginning: clipText(text, BEGINNING, left) };
}

function ofMembers(
  data: { [key: string]: Json },
  rows: readonly Json[],
  most: number,
  left: Left,
): Json {
  const names = Object.keys(data).sort();
  if (names.length > most) left.items += names.length - most;
  const shown = plainObject();
  for (const name of names.slice(0, most)) {
    const member = data[name] as Json;
    shown[clipText(name, VALUE, left)] =
      member === rows
        ? { rows: rows.length }
        : clip(member, { depth: 2, members: 5, characters: VALUE }, left);
  }
  return shown;
}

function ofFields(
  rows: number,
  fields: Iterable<Field>,
  most: number,
  left: Left,
): { [key: string]: Json } {
  const all = [...fields].sort(
    (a, b) => b.rows - a.rows || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  if (all.length > most) left.items += all.length - most;
  const shown = all.slice(0, most);
  const facts = plainObject();
  facts.rows = rows;
  facts.fields = shown.map(({ name }) => clipText(name, VALUE, left));
  const numbers = plainObject();
  const values = plainObject();
  for (const field of shown) {
    const name = clipText(field.name, VALUE, left);
    if (field.numbers > 0) numbers[name] = numbersOf(field);
    if (field.values !== undefined && field.values.size > 1) values[name] = valuesOf(field.values);
  }
  facts.numbers = numbers;
  facts.values = values;
  return facts;
}

const fieldsOf = ({ names, values }: Columns): Field[] =>
  names.map((name, at) => ofColumn(name, values[at] as Column));

function ofColumn(name: string, column: Column): Field {
  const field = fieldOf(name);
  if (!isDictionary(column)) {
    for (let row = 0; row < column.length; row++) see(field, column[row] as Json, 1);
    return field;
  }
  const { texts, places } = column;
  const times = new Uint32Array(texts.length);
  for (let row = 0; row < places.length; row++) {
    const place = places[row] as number;
    times[place] = (times[place] as number) + 1;
  }
  for (let place = 0; place < texts.length; place++)
    see(field, texts[place] as string, times[place] as number);
  return field;
}

function count(rows: readonly Json[]): Iterable<Field> {
  const fields = new Map<string, Field>();
  const seen = (name: string, value: Json): void => {
    let field = fields.get(name);
    if (field === undefined) {
      field = fieldOf(name);
      fields.set(name, field);
    }
    see(field, value, 1);
  };
  for (const row of rows) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) seen('value', row);
    else for (const name of Object.keys(row)) seen(name, row[name] as Json);
  }
  return fields.values();
}

const fieldOf = (name: string): Field => ({
  name,
  rows: 0,
  sum: new ExactSum(),
  numbers: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  values: new Map(),
});

/** `times`: in so many rows; 1 for what is no text. */
function see(field: Field, value: Json, times: number): void {
  field.rows += times;
  if (typeof value === 'number') {
    field.numbers++;
    if (Math.abs(value) < LARGEST) field.sum.add(value);
    if (value < field.min) field.min = value;
    if (value > field.max) field.max = value;
    field.values = undefined;
  } else if (typeof value === 'string' || typeof value === 'boolean') {
    if (field.values === undefined) return;
    const text = String(value);
    if (text.length > VALUE) field.values = undefined;
    else {
      field.values.set(text, (field.values.get(text) ?? 0) + times);
      if (field.values.size > MOST_VALUES) field.values = undefined;
    }
  } else if (value !== null) field.values = undefined;
}

function numbersOf({ numbers, min, max, sum }: Field): Json {
  const large = Math.abs(min) >= LARGEST || Math.abs(max) >= LARGEST;
  return large
    ? { count: numbers, min, max }
    : { count: numbers, min, max, avg: sum.value / numbers };
}

/** Most frequent first. */
function valuesOf(values: ReadonlyMap<string, number>): Json {
  const counts = plainObject();
  const sorted = [...values].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  for (const [value, times] of sorted) counts[value] = times;
  return counts;
}
