/**
 * Reads what Python's `repr` writes: dicts, lists, tuples, strings, numbers, None, and calls with keywords (`Issue(title='x')`), which
 * become objects. Linear; nothing is evaluated. undefined where the text is anything else.
 */
import type { Json } from '@portcullis/wire';

const DEEPEST = 32;

export function readPythonLiteral(text: string): Json | undefined {
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    return reader.done() ? value : undefined;
  } catch (error) {
    if (error instanceof NotPython) return undefined;
    throw error;
  }
}

class NotPython extends Error {}

const NAME = /[A-Za-z_][\w.]*/y;
const NUMBER = /[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|inf|nan)/y;
const SIMPLE: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '0': '\0',
  a: '',
  b: '',
  f: '',
  v: '',
  '\n': '',
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  done(): boolean {
    this.#space();
    return this.#at === this.#text.length;
  }

  value(depth: number): Json {
    if (depth > DEEPEST) throw new NotPython();
    this.#space();
    const c = this.#text[this.#at];
    if (c === '{') return this.#dict(depth);
    if (c === '[' || c === '(') return this.#list(c === '[' ? ']' : ')', depth);
    if (c === "'" || c === '"') return this.#string(c);
    const number = this.#match(NUMBER);
    if (number !== undefined) return Number.isFinite(Number(number)) ? Number(number) : number;
    const name = this.#match(NAME);
    if (name === undefined) throw new NotPython();
    if (name === 'None') return null;
    if (name === 'True') return true;
    if (name === 'False') return false;
    if (this.#text[this.#at] === '(') return this.#call(depth);
    throw new NotPython();
  }

  #dict(depth: number): Json {
    this.#at++;
    const members: [string, Json][] = [];
    while (!this.#closes('}')) {
      const key = this.value(depth + 1);
      this.#space();
      if (this.#text[this.#at++] !== ':') throw new NotPython();
      members.push([typeof key === 'string' ? key : JSON.stringify(key), this.value(depth + 1)]);
      this.#comma('}');
    }
    return Object.fromEntries(members);
  }

  #list(close: string, depth: number): Json {
    this.#at++;
    const items: Json[] = [];
    while (!this.#closes(close)) {
      items.push(this.value(depth + 1));
      this.#comma(close);
    }
    return items;
  }

  #call(depth: number): Json {
    this.#at++;
    const members: [string, Json][] = [];
    while (!this.#closes(')')) {
      this.#space();
      const before = this.#at;
      const name = this.#match(NAME);
      if (name !== undefined && this.#text[this.#at] === '=') {
        this.#at++;
        members.push([name, this.value(depth + 1)]);
      } else {
        this.#at = before;
        members.push([String(members.length), this.value(depth + 1)]);
      }
      this.#comma(')');
    }
    return Object.fromEntries(members);
  }

  #string(quote: string): string {
    const text = this.#text;
    let from = ++this.#at;
    let read = '';
    for (;;) {
      const c = text[this.#at];
      if (c === undefined) throw new NotPython();
      if (c === quote) break;
      if (c !== '\\') {
        this.#at++;
        continue;
      }
      read += text.slice(from, this.#at);
      read += this.#escape();
      from = this.#at;
    }
    read += text.slice(from, this.#at++);
    return read;
  }

  #escape(): string {
    const kind = this.#text[this.#at + 1] ?? '';
    const digits = kind === 'x' ? 2 : kind === 'u' ? 4 : kind === 'U' ? 8 : 0;
    this.#at += 2;
    if (digits === 0) return SIMPLE[kind] ?? `\\${kind}`;
    const point = Number.parseInt(this.#text.slice(this.#at, this.#at + digits), 16);
    this.#at += digits;
    return point >= 0 && point <= 0x10ffff ? String.fromCodePoint(point) : '';
  }

  #closes(close: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== close) return false;
    this.#at++;
    return true;
  }

  #comma(close: string): void {
    this.#space();
    if (this.#text[this.#at] === ',') this.#at++;
    else if (this.#text[this.#at] !== close) throw new NotPython();
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }
}
