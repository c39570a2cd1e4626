/**
 * A frame in the mode that was asked for, and what its handle would name: the whole result, masked, with nothing in it that the capability
 * keeps back. Every mode is made from that, so that no page shows what the frame hid. Fails closed as `makeFrame` does.
 */
import type { Frame, Json, Label, ResponseMode } from '@portcullis/wire';
import { summary as joined } from '../session/labels.ts';
import { type ClipLimits, clip, type Left, sizeAsJson } from './clip.ts';
import { columnsOf, onlyColumns, recordsOf, type Whole, wholeValue } from './columns.ts';
import { bounded, boundLabels, sizeOf, withheld } from './frame.ts';
import { Framing, GROWTH, NOTHING_SAID } from './framing.ts';
import { sizeOfRecords } from './record-size.ts';
import { onlyFields, onlyRows, type Rows, rowCount, rowsOf } from './rows.ts';
import { summarize } from './summary.ts';
import type { FrameBudgets, ViewLimits } from './types.ts';

export interface Shown {
  readonly frame: Frame;
  /** What the frame does not show all of; undefined where it does, or where it is too large to be kept. */
  readonly rest: Whole | undefined;
}

/** Bytes of a result that a handle may name. */
const LARGEST = 64 * 1024 * 1024;
const NO_LIMITS: ViewLimits = Object.freeze({});
const TOO_LARGE = 'withheld: the result is too large to be shown in this way';
const NO_FIELDS = 'withheld: the result has no fields that may be seen';

/** As `makeFrame` where neither a mode nor limits are given. `bytes`: as `sizeOf` says. */
export function showFrame(
  data: Json | Uint8Array,
  labels: readonly Label[],
  budgets: FrameBudgets,
  mode: ResponseMode | undefined,
  limits: ViewLimits = NO_LIMITS,
  bytes: number | undefined = sizeOf(data),
): Shown {
  const said = boundLabels(labels);
  try {
    if (mode === undefined && limits === NO_LIMITS) {
      const { frame, short } = bounded(data, said, budgets, bytes, false);
      const rest = short ? maskedWhole(data, bytes, budgets, NO_LIMITS)?.data : undefined;
      return { frame, rest };
    }
    if (mode === 'raw' && limits === NO_LIMITS) {
      const cap = { depth: budgets.depth, bytes: budgets.raw };
      const { frame, short } = bounded(data, said, cap, bytes, false);
      const rest = short ? maskedWhole(data, bytes, budgets, NO_LIMITS)?.data : undefined;
      return { frame: Object.freeze({ ...frame, mode }), rest };
    }
    const whole = maskedWhole(data, bytes, budgets, limits);
    if (whole === undefined)
      return { frame: frameOf(null, said, [TOO_LARGE], bytes, mode), rest: undefined };
    if (whole.data === undefined)
      return { frame: frameOf(null, said, [NO_FIELDS], bytes, mode), rest: undefined };
    const rest: Whole = whole.data;
    const most = limits.rows ?? Number.POSITIVE_INFINITY;
    if (mode === undefined || mode === 'raw') {
      const cap = { depth: budgets.depth, bytes: mode === 'raw' ? budgets.raw : budgets.bytes };
      const value = wholeValue(rest);
      // Nothing was masked and nothing can be cut: looked at once more it would come out the same.
      if (
        bytes !== undefined &&
        bytes * GROWTH <= cap.bytes &&
        whole.notes.length === 0 &&
        rest.kind === 'value' &&
        limits.fields === undefined &&
        limits.rows === undefined
      )
        return { frame: frameOf(value, said, whole.notes, bytes, mode), rest: undefined };
      const fewer = most < Number.POSITIVE_INFINITY && rowCount(value) > most;
      const part = fewer ? onlyRows(value, most) : value;
      const shown = bounded(part, said, cap, sizeOf(part), false);
      const notes = [...whole.notes, ...shown.frame.notes];
      if (fewer) notes.push(`cut: no more than ${most} rows are shown`);
      const frame = frameOf(shown.frame.data, said, notes, bytes, mode);
      return { frame, rest: shown.short || fewer ? rest : undefined };
    }
    return { frame: view(rest, said, whole.notes, bytes, budgets, mode, most), rest };
  } catch {
    return { frame: withheld(said, bytes ?? 0), rest: undefined };
  }
}

interface Masked {
  /** undefined where nothing of it may be seen. */
  readonly data: Whole | undefined;
  readonly notes: readonly string[];
}

/** undefined where it is too large. */
function maskedWhole(
  data: Json | Uint8Array,
  bytes: number | undefined,
  budgets: FrameBudgets,
  limits: ViewLimits,
): Masked | undefined {
  if (bytes === undefined || bytes > LARGEST) return undefined;
  const framing = new Framing({ bytes: UNBOUNDED, depth: budgets.depth }, 0, limits.personal);
  const shown = whole(framing, data);
  const seen = limits.fields === undefined ? shown : onlySeen(shown, limits.fields);
  return { data: seen, notes: framing.notes(bytes) };
}

function whole(framing: Framing, data: Json | Uint8Array): Whole {
  const given = columnsOf(data);
  const columns = given === undefined ? undefined : framing.columns(given);
  return columns === undefined
    ? { kind: 'value', value: framing.show(data) }
    : { kind: 'columns', columns };
}

function onlySeen(shown: Whole, fields: readonly string[]): Whole | undefined {
  if (shown.kind === 'columns')
    return { kind: 'columns', columns: onlyColumns(shown.columns, fields) };
  const value = onlyFields(shown.value, fields);
  return value === undefined ? undefined : { kind: 'value', value };
}

/** What a walk without a bound on bytes counts from; exact as a double. */
const UNBOUNDED = 2 ** 50;
/** Bytes that a view always has, so that notes and labels fit. */
const LEAST_VIEW = 2_048;
/** What `handle`, `handle_expires`, `rows` and `tier` take. */
const HANDLE = 200;

function view(
  rest: Whole,
  given: readonly Label[],
  masked: readonly string[],
  bytes: number | undefined,
  budgets: FrameBudgets,
  mode: ResponseMode,
  most: number,
): Frame {
  const whole = Math.max(budgets.view, LEAST_VIEW);
  const large = sizeAsJson(given as unknown as Json) > whole / 4;
  const labels = large ? Object.freeze([joined(given)]) : given;
  const fixed = sizeAsJson(frameOf(null, labels, masked, bytes, mode) as unknown as Json);
  const room = whole - fixed - HANDLE - LONGEST_NOTE;
  const left: Left = { texts: 0, items: 0 };
  const count = rest.kind === 'columns' ? rest.columns.rows : rowCount(rest.value);
  let data: Json = null;
  if (mode === 'summary') data = summarize(rest, budgets.fields, room, left);
  if (mode === 'table') {
    const shown = Math.min(budgets.rows, most);
    data =
      fittingTable(rest, count, shown, budgets, room, left) ??
      table(firstRows(rest, shown), count, shown, budgets, room, left);
  }
  const notes = [...masked];
  if (left.texts + left.items > 0)
    notes.push(`cut: ${left.texts} texts shortened, ${left.items} items left out`);
  const frame = frameOf(data, labels, notes, bytes, mode);
  return most === Number.POSITIVE_INFINITY ? Object.freeze({ ...frame, rows: count }) : frame;
}

const firstRows = (rest: Whole, most: number): Rows =>
  rest.kind === 'columns' ? recordsOf(rest.columns, most) : rowsOf(rest.value, most);

/** `cut: … texts shortened, … items left out`, quoted, with both numbers as long as they get. */
const LONGEST_NOTE = 80;

/** Records of which nothing has to be left out, where all that may be shown fit. */
function fittingTable(
  rest: Whole,
  count: number,
  most: number,
  budgets: FrameBudgets,
  room: number,
  left: Left,
): Json | undefined {
  if (rest.kind !== 'columns') return undefined;
  const limits = limitsOf(budgets);
  const size = sizeOfRecords(rest.columns, most, limits);
  // Each row is counted with a comma, the last too.
  if (size === undefined || size + 1 > room || limits.characters < LEAST_CHARACTERS)
    return undefined;
  left.items += Math.max(0, count - most);
  return recordsOf(rest.columns, most);
}

const limitsOf = ({ fields, characters }: FrameBudgets): ClipLimits => ({
  depth: 3,
  members: fields,
  characters,
});

function table(
  rows: Rows,
  count: number,
  most: number,
  budgets: FrameBudgets,
  room: number,
  left: Left,
): Json {
  const limits = limitsOf(budgets);
  const shown =
    together(rows.slice(0, most), limits, room, left) ?? oneByOne(rows, most, limits, room, left);
  left.items += count - shown.length;
  return shown;
}

function oneByOne(rows: Rows, most: number, limits: ClipLimits, room: number, left: Left): Json[] {
  const shown: Json[] = [];
  let spent = 2;
  for (const row of rows) {
    if (shown.length >= most) break;
    const part = smallEnough(row, limits, room - spent - 1, left);
    if (part === undefined) break;
    spent += part.size + 1;
    shown.push(part.row);
  }
  return shown;
}

/** All of them, no smaller than they may be, where that fits; asked once for all. */
function together(rows: Rows, limits: ClipLimits, room: number, left: Left): Json[] | undefined {
  const [first] = rows;
  if (first === undefined || limits.characters < LEAST_CHARACTERS) return undefined;
  const tried: Left = { texts: 0, items: 0 };
  // Where the first says that they do not fit, not all of them are written to see it.
  if (sizeAsJson(clip(first, limits, { ...tried })) * rows.length > room * 2) return undefined;
  const shown = rows.map((row) => clip(row, limits, tried));
  // Each row is counted with a comma, the last too.
  if (sizeAsJson(shown) + 1 > room) return undefined;
  left.texts += tried.texts;
  left.items += tried.items;
  return shown;
}

/** A text of a row is not shortened to less. */
const LEAST_CHARACTERS = 8;

/** Ever less of the row, until it fits. */
function smallEnough(
  row: Json,
  limits: ClipLimits,
  room: number,
  left: Left,
): { readonly row: Json; readonly size: number } | undefined {
  for (let characters = limits.characters; characters >= LEAST_CHARACTERS; characters >>= 2) {
    const tried: Left = { texts: 0, items: 0 };
    const depth = characters === limits.characters ? limits.depth : 1;
    const part = clip(row, { ...limits, depth, characters }, tried);
    const size = sizeAsJson(part);
    if (size > room) continue;
    left.texts += tried.texts;
    left.items += tried.items;
    return { row: part, size };
  }
  return undefined;
}

function frameOf(
  data: Json,
  labels: readonly Label[],
  notes: readonly string[],
  bytes: number | undefined,
  mode: ResponseMode | undefined,
): Frame {
  const said = notes.length === 0 ? NOTHING_SAID : Object.freeze([...new Set(notes)]);
  const frame = { data, labels, notes: said, bytes: bytes ?? 0 };
  return Object.freeze(mode === undefined ? frame : { ...frame, mode });
}
