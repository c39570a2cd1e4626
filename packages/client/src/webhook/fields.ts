/**
 * Structured fields (RFC 9651), as far as signatures need them: dictionaries whose members are inner lists of texts or byte sequences, with parameters.
 * Anything else is refused; parsing is linear.
 */
type Bare = string | number | boolean | Uint8Array<ArrayBuffer> | Token;

interface Token {
  readonly token: string;
}

type Params = ReadonlyMap<string, Bare>;

export interface Item {
  readonly value: Bare;
  readonly params: Params;
}

export interface InnerList {
  readonly items: readonly Item[];
  readonly params: Params;
}

export type Member = Item | InnerList;

/** Longer than any signature of ours. */
const LONGEST = 16_384;
const KEY = /[a-z*][a-z0-9_.*-]*/y;
const NUMBER = /-?\d{1,15}/y;
const TEXT = /"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y;
const BYTES = /:([A-Za-z0-9+/]*={0,2}):/y;
const TOKEN = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y;
const FLAG = /\?([01])/y;
const SPACES = / */y;
const COMMA = /[ \t]*,[ \t]*/y;

/** undefined where the text is none, or holds what is not needed here. */
export function parseDictionary(text: string): ReadonlyMap<string, Member> | undefined {
  if (text.length > LONGEST) return undefined;
  const reader = new Reader(text.trim());
  const members = new Map<string, Member>();
  try {
    while (!reader.done) {
      const key = reader.need(KEY)[0];
      members.set(key, reader.take('=') ? member(reader) : { value: true, params: params(reader) });
      if (reader.done) break;
      reader.need(COMMA);
      if (reader.done) return undefined;
    }
  } catch {
    return undefined;
  }
  return members;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  read(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text) ?? undefined;
    if (found !== undefined) this.#at += found[0].length;
    return found;
  }

  need(pattern: RegExp): RegExpExecArray {
    const found = this.read(pattern);
    if (found === undefined) throw new SyntaxError();
    return found;
  }
}

const member = (reader: Reader): Member =>
  reader.take('(') ? innerList(reader) : { value: bare(reader), params: params(reader) };

function innerList(reader: Reader): InnerList {
  const items: Item[] = [];
  for (;;) {
    const spaces = reader.need(SPACES)[0].length;
    if (reader.take(')')) return { items, params: params(reader) };
    if (items.length > 0 && spaces === 0) throw new SyntaxError();
    items.push({ value: bare(reader), params: params(reader) });
  }
}

function params(reader: Reader): Params {
  const found = new Map<string, Bare>();
  while (reader.take(';')) {
    reader.need(SPACES);
    const key = reader.need(KEY)[0];
    found.delete(key);
    found.set(key, reader.take('=') ? bare(reader) : true);
  }
  return found;
}

function bare(reader: Reader): Bare {
  const text = reader.read(TEXT);
  if (text !== undefined) return (text[1] as string).replace(/\\(["\\])/g, '$1');
  const bytes = reader.read(BYTES);
  if (bytes !== undefined) return Uint8Array.from(atob(bytes[1] as string), byteOf);
  const number = reader.read(NUMBER);
  if (number !== undefined) return Number(number[0]);
  const flag = reader.read(FLAG);
  if (flag !== undefined) return flag[1] === '1';
  return { token: reader.need(TOKEN)[0] };
}

const byteOf = (character: string): number => character.charCodeAt(0);

/** As RFC 9651, section 4.1, writes it: there is one way. */
export function serializeInnerList({ items, params: own }: InnerList): string {
  return `(${items.map(serializeItem).join(' ')})${serializeParams(own)}`;
}

export const serializeItem = ({ value, params: own }: Item): string =>
  `${serializeBare(value)}${serializeParams(own)}`;

const serializeParams = (all: Params): string =>
  [...all]
    .map(([key, value]) => (value === true ? `;${key}` : `;${key}=${serializeBare(value)}`))
    .join('');

function serializeBare(value: Bare): string {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '?1' : '?0';
  if (value instanceof Uint8Array) return `:${btoa(String.fromCharCode(...value))}:`;
  return value.token;
}
