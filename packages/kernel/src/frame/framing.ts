/**
 * One walk over a result, with a budget: copies what fits, masks what is secret, and counts what it left out. It takes any value, for a
 * user's provider may answer with one that is no JSON.
 */
import type { Json } from '@portcullis/wire';
import { plainObject } from '../action/index.ts';
import { Memo } from '../action/memo.ts';
import { hidesSecret, SHORTEST_HIDING, showBytes } from './bytes.ts';
import { wholeEnd } from './characters.ts';
import { CUT, sizeAsJson } from './clip.ts';
import type { Column, Columns } from './columns.ts';
import { constantColumn } from './dictionary.ts';
import { maskColumn } from './masking/column.ts';
import { type Member, memberOf, namesSecret } from './masking/member.ts';
import { maskPersonal } from './masking/personal.ts';
import { CLEAN, type Prefiltered, prefilter, prefilterAll } from './masking/prefilter.ts';
import { maskSecrets } from './masking/redact.ts';
import { MASK_START, maskOf } from './masking/secret-forms.ts';
import type { FrameLimits } from './types.ts';

/** How far behind what still fits a secret may reach that begins before it. */
const OVERLAP = 16_384;

/** Texts and names that are remembered, and how long they may be. */
const MOST_KNOWN = 1_024;
const LONGEST_KNOWN = 64;

/** No name says that this value is a secret. */
const OPEN = '';
const ASSIGNED = 'assigned_secret';
const PERSONAL = 'personal';

export class Framing {
  readonly #depth: number;
  readonly #limit: number;
  readonly #personal: boolean;
  #left: number;
  #found = new Set<string>();
  #notes = new Set<string>();
  /** Short texts and names that were found clean: rows say the same again and again. */
  readonly #clean = new Set<string>();
  #cutItems = 0;
  #cutTexts = 0;

  /** `bytes`: what the result takes as JSON, masks apart. `personal`: mask personal data too. */
  constructor(limits: FrameLimits, bytes: number, personal = false) {
    this.#personal = personal;
    this.#depth = limits.depth;
    this.#limit = limits.bytes;
    // Far below the limit nothing can be cut, whatever the masks add, and no byte has to be counted.
    this.#left = bytes * GROWTH <= limits.bytes ? Number.POSITIVE_INFINITY : limits.bytes;
  }

  show(data: unknown): Json {
    return this.#value(data, 1, OPEN);
  }

  /** As `show` would show the list that they are; undefined where that has to be made record by record. Nothing is ever cut here. */
  columns({ names, values, rows }: Columns<readonly unknown[]>): Columns | undefined {
    if (this.#left !== Number.POSITIVE_INFINITY || this.#depth < 2) return undefined;
    // Which of its values is one's secret, another member may say.
    if (names.some((name) => known(name).payload)) return undefined;
    const [found, notes] = [this.#found, this.#notes];
    const met: Met[] = [];
    const taken = plainObject();
    const shown = names.map((name, at) => {
      this.#found = new Set();
      this.#notes = new Set();
      const masked = this.#name(name, taken);
      taken[masked] = null;
      const column = this.#column(name, values[at] ?? [], at, met);
      return [masked, column] as const;
    });
    this.#found = found;
    this.#notes = notes;
    // What was met is said in the order of the list.
    for (const { kinds, said } of met.sort((a, b) => a.row - b.row || a.at - b.at)) {
      for (const kind of kinds) found.add(kind);
      for (const note of said) notes.add(note);
    }
    if (Object.keys(taken).length !== names.length) return undefined;
    return { names: shown.map(([name]) => name), values: shown.map(([, column]) => column), rows };
  }

  #column(name: string, values: readonly unknown[], at: number, met: Met[]): Column {
    const member = known(name);
    const hidden = this.#hidden(member, '', OPEN);
    if (areTexts(values)) {
      const column =
        hidden === OPEN ? this.#together(values, at, met) : this.#masks(values, hidden, at, met);
      if (column !== undefined) return column;
    }
    // What is hidden for its name is not looked at.
    const prefiltered = hidden === OPEN ? this.#prefilterAll(values) : undefined;
    const column: Json[] = [];
    let size = 0;
    for (let row = 0; row < values.length; row++) {
      const value = values[row];
      if (typeof value !== 'string')
        column.push(this.#value(value, 3, this.#hidden(member, value, OPEN)));
      else if (prefiltered === CLEAN && value.length < SHORTEST_HIDING && value.isWellFormed())
        column.push(value);
      else column.push(this.#text(value, hidden, prefiltered));
      size = this.#meet(row, at, met, size);
    }
    return column;
  }

  /** undefined where each text has to be searched by itself. */
  #together(values: readonly string[], at: number, met: Met[]): Column | undefined {
    const found = new Set(this.#found);
    const masked = maskColumn(values, this.#personal, found);
    if (masked === undefined) return undefined;
    // In which row each kind was met first.
    for (let row = 0, size = 0; row < values.length; row++) {
      if (this.#found.size < found.size) maskPersonal(values[row] as string, this.#found);
      size = this.#meet(row, at, met, size);
      if (this.#found.size === found.size) break;
    }
    return masked;
  }

  /** undefined where one of them is shown for what it is. */
  #masks(values: readonly string[], kind: string, at: number, met: Met[]): Column | undefined {
    if (!values.every((text) => text !== '' && !text.startsWith(MASK_START))) return undefined;
    this.#found.add(kind);
    this.#meet(0, at, met, 0);
    return constantColumn(maskOf(kind), values.length);
  }

  /** How many kinds and notes there are now; where they are more than before, that is remembered. */
  #meet(row: number, at: number, met: Met[], before: number): number {
    const now = this.#found.size + this.#notes.size;
    if (now > before) met.push({ row, at, kinds: [...this.#found], said: [...this.#notes] });
    return now;
  }

  #prefilterAll(values: readonly unknown[]): Prefiltered {
    const texts = values.filter((value) => typeof value === 'string');
    return texts.length === 0 ? CLEAN : prefilterAll(texts, this.#personal);
  }

  /** Something was left out for want of room. */
  get short(): boolean {
    return this.#cutItems + this.#cutTexts > 0;
  }

  /** What was cut or masked, in words. */
  notes(bytes: number): readonly string[] {
    if (this.#cutItems + this.#cutTexts > 0) {
      const what = [];
      if (this.#cutTexts > 0) what.push(`${this.#cutTexts} texts shortened`);
      if (this.#cutItems > 0) what.push(`${this.#cutItems} items left out`);
      this.#notes.add(
        `cut: ${what.join(', ')}; the result has ${bytes} bytes, a frame ${this.#limit}`,
      );
    }
    if (this.#found.size > 0) this.#notes.add(`masked: ${[...this.#found].join(', ')}`);
    return this.#notes.size === 0 ? NOTHING_SAID : Object.freeze([...this.#notes]);
  }

  /** `secret`: the kind that the name of the member says its value is; empty where it says none. */
  #value(value: unknown, depth: number, secret: string): Json {
    switch (typeof value) {
      case 'string':
        return this.#text(value, secret);
      case 'number':
        if (secret !== OPEN) return this.#mask(secret);
        if (!Number.isFinite(value))
          return this.#strange(String(value), 'a number that is not finite');
        return this.#scalar(value === 0 ? 0 : value);
      case 'boolean':
        return this.#scalar(value);
      case 'bigint':
        return secret === OPEN ? this.#strange(String(value), 'a BigInt') : this.#mask(secret);
      case 'object':
        return value === null ? this.#scalar(null) : this.#container(value, depth, secret);
      default:
        this.#notes.add(`left out: ${typeof value}`);
        return this.#scalar(null);
    }
  }

  #container(value: object, depth: number, secret: string): Json {
    if (value instanceof Uint8Array) return this.#bytes(value, secret);
    if (depth > this.#depth) {
      this.#notes.add(`cut: what lies deeper than ${this.#depth} levels`);
      return this.#fit(CUT);
    }
    const json = (value as { toJSON?: unknown }).toJSON;
    if (typeof json === 'function') return this.#value(json.call(value, ''), depth + 1, secret);
    this.#spend(2);
    return Array.isArray(value)
      ? this.#array(value, depth, secret)
      : this.#object(value as Record<string, unknown>, depth, secret);
  }

  #array(source: readonly unknown[], depth: number, secret: string): Json {
    const copy: Json[] = [];
    const length = source.length;
    for (let at = 0; at < length; at++) {
      if (this.#left < SMALLEST) {
        this.#cutItems += length - at;
        break;
      }
      this.#spend(1);
      copy.push(this.#value(source[at], depth + 1, secret));
    }
    return Object.freeze(copy) as Json[];
  }

  #object(source: Record<string, unknown>, depth: number, secret: string): Json {
    const copy = plainObject();
    const within = secret !== OPEN ? secret : namesSecret(source) ? ASSIGNED : OPEN;
    const names = Object.keys(source);
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string;
      const shownName = this.#name(name, copy);
      const cost = this.#size(shownName) + 2;
      if (this.#left < cost + SMALLEST) {
        this.#cutItems += names.length - at;
        break;
      }
      const value = source[name];
      if (value === undefined) continue;
      this.#spend(cost);
      copy[shownName] = this.#value(value, depth + 1, this.#hidden(known(name), value, within));
    }
    return Object.freeze(copy);
  }

  #hidden({ secret, counts, payload, personal }: Member, value: unknown, within: string): string {
    if (counts && typeof value === 'number') return OPEN;
    if (secret) return ASSIGNED;
    if (within !== OPEN && payload) return within;
    return this.#personal && personal ? PERSONAL : OPEN;
  }

  /** Two names that come out the same stay two members. */
  #name(name: string, copy: object): string {
    const masked = this.#masked(name.length > OVERLAP ? name.slice(0, OVERLAP) : name);
    if (masked === name) return name;
    let unique = masked;
    for (let count = 2; Object.hasOwn(copy, unique); count++) unique = `${masked}#${count}`;
    return unique;
  }

  #bytes(bytes: Uint8Array, secret: string): Json {
    const shown = showBytes(bytes, this.#limit + OVERLAP, this.#found);
    if (shown.encoding !== 'utf-8') this.#notes.add(SHOWN_AS[shown.encoding]);
    return shown.encoding === 'base64' ? this.#fit(shown.text) : this.#text(shown.text, secret);
  }

  #text(text: string, secret: string, prefiltered?: Prefiltered): Json {
    if (secret !== OPEN && text !== '' && !text.startsWith(MASK_START)) return this.#mask(secret);
    const most = this.#limit + OVERLAP;
    let part = text.length > most ? text.slice(0, most) : text;
    if (part.length !== text.length) this.#cutTexts++;
    if (!part.isWellFormed()) {
      part = part.toWellFormed();
      this.#notes.add('replaced: halves of surrogate pairs');
    }
    const masked = this.#masked(part, prefiltered);
    return this.#fit(masked, part.length !== text.length);
  }

  /** `prefiltered`: at this text or at more. */
  #masked(whole: string, prefiltered?: Prefiltered): string {
    if (prefiltered !== undefined) return this.#searched(whole, prefiltered);
    const short = whole.length <= LONGEST_KNOWN;
    if (short && this.#clean.has(whole)) return whole;
    const masked = this.#searched(whole, prefilter(whole, this.#personal));
    if (short && masked === whole && this.#clean.size < MOST_KNOWN) this.#clean.add(whole);
    return masked;
  }

  #searched(whole: string, { secrets, personal }: Prefiltered): string {
    let text = maskPersonal(whole, this.#found, personal);
    // A mask announces nothing and assigns nothing.
    if (secrets) {
      const masked = maskSecrets(text);
      for (const kind of masked.found) this.#found.add(kind);
      text = masked.text;
    }
    // No base64 has a mask in it.
    if (text !== whole) return text;
    const hidden = hidesSecret(text);
    if (hidden.length === 0) return text;
    for (const kind of hidden) this.#found.add(kind);
    return maskOf('base64');
  }

  /** Only what is masked already comes here, so a cut never leaves a part of a secret. */
  #fit(text: string, shortened = false): string {
    if (this.#spend(this.#size(text))) return text;
    if (!shortened) this.#cutTexts++;
    let part = text.slice(0, Math.max(0, this.#left - 2));
    for (let cost = sizeAsJson(part); cost > this.#left && part !== ''; cost = sizeAsJson(part)) {
      part = part.slice(0, Math.floor((part.length * this.#left) / (cost + 1)));
    }
    part = part.slice(0, wholeEnd(part, part.length));
    this.#spend(sizeAsJson(part));
    return part;
  }

  #mask(kind: string): string {
    this.#found.add(kind);
    return this.#fit(maskOf(kind));
  }

  #strange(text: string, what: string): string {
    this.#notes.add(`as text: ${what}`);
    return this.#fit(text);
  }

  #scalar(value: null | boolean | number): Json {
    if (this.#left !== Number.POSITIVE_INFINITY) this.#spend(String(value).length);
    return value;
  }

  #size(text: string): number {
    return this.#left === Number.POSITIVE_INFINITY ? 0 : sizeAsJson(text);
  }

  #spend(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}

const areTexts = (values: readonly unknown[]): values is readonly string[] =>
  values.every((value) => typeof value === 'string');

/** Names come again from result to result. */
const names = new Memo<Member>(MOST_KNOWN);

const known = (name: string): Member =>
  names.get(name) ??
  (name.length > LONGEST_KNOWN ? memberOf(name) : names.set(name, memberOf(name)));

export const NOTHING_SAID: readonly string[] = Object.freeze([]);

/** The longest scalar that is not a text, with its comma: an item starts only where this still fits. */
const SMALLEST = 28;

/** A mask is at most so many times as long as what it stands for with its name; an escape, as its character. */
export const GROWTH = 8;

const SHOWN_AS = Object.freeze({
  'utf-16': 'as text: bytes in UTF-16',
  base64: 'as base64: bytes that are no text',
});

/** What was masked or said in a column up to a row of it, where that was more than before. */
interface Met {
  readonly row: number;
  readonly at: number;
  readonly kinds: readonly string[];
  readonly said: readonly string[];
}
