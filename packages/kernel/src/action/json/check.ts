/**
 * One pass over a JSON text that says whether it is well-formed and within limits, and if not, what is wrong and where.
 * Builds nothing: it reads each character once, and remembers only the member names of the objects that are open.
 */
import type { Code } from '../../errors.ts';
import type { AdmissionLimits } from '../limits.ts';
import { shown } from '../refusal.ts';
import { isExactNumber } from './number.ts';

export interface JsonFault {
  readonly ok: false;
  readonly code: Code;
  readonly message: string;
  readonly offset: number;
}

/** Literals this short, without an exponent, have at most 15 significant digits: every one of those is exact. */
const SURELY_EXACT = 15;
/** More members than this in one object, and a set finds duplicates faster than a look along the list. */
const FEW = 8;

export class JsonCheck {
  /** Somewhere in the text stands a zero with a minus sign. */
  negativeZero = false;
  readonly #text: string;
  readonly #limits: AdmissionLimits;
  #at = 0;
  #keys = 0;
  #fault: JsonFault | undefined = undefined;

  constructor(text: string, limits: AdmissionLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  run(): JsonFault | undefined {
    if (this.#value(1) && !Number.isNaN(this.#next())) this.#unexpected();
    return this.#fault;
  }

  /** Every method below: true where its part is well-formed and the cursor stands behind it; else the fault is set. */
  #value(depth: number): boolean {
    const first = this.#next();
    switch (first) {
      case QUOTE:
        return this.#string(this.#limits.string);
      case OPEN_OBJECT:
        return this.#object(depth);
      case OPEN_ARRAY:
        return this.#array(depth);
      case LETTER_T:
        return this.#word('true');
      case LETTER_F:
        return this.#word('false');
      case LETTER_N:
        return this.#word('null');
      default:
        return first === MINUS || isDigit(first) ? this.#number() : this.#unexpected();
    }
  }

  #object(depth: number): boolean {
    if (depth > this.#limits.depth) return this.#tooDeep();
    this.#at++;
    let next = this.#next();
    if (next === CLOSE_OBJECT) {
      this.#at++;
      return true;
    }
    const names: string[] = [];
    let many: Set<string> | undefined;
    for (;;) {
      if (next !== QUOTE) return this.#unexpected();
      const start = this.#at;
      if (!this.#string(this.#limits.key)) return false;
      if (++this.#keys > this.#limits.keys) {
        return this.#fail('too_large', `more than ${this.#limits.keys} members`, start);
      }
      const name = this.#name(start);
      if (many === undefined ? names.includes(name) : many.has(name)) {
        return this.#fail('duplicate_key', `the key ${shown(name)} stands twice`, start);
      }
      if (many !== undefined) many.add(name);
      else if (names.push(name) > FEW) many = new Set(names);
      if (this.#next() !== COLON) return this.#unexpected();
      this.#at++;
      if (!this.#value(depth + 1)) return false;
      next = this.#next();
      if (next === CLOSE_OBJECT) break;
      if (next !== COMMA) return this.#unexpected();
      this.#at++;
      next = this.#next();
    }
    this.#at++;
    return true;
  }

  /** The name as it reads: two spellings of one name are duplicates. */
  #name(start: number): string {
    const inner = this.#text.slice(start + 1, this.#at - 1);
    return inner.includes('\\') ? JSON.parse(this.#text.slice(start, this.#at)) : inner;
  }

  #array(depth: number): boolean {
    if (depth > this.#limits.depth) return this.#tooDeep();
    this.#at++;
    if (this.#next() === CLOSE_ARRAY) {
      this.#at++;
      return true;
    }
    for (;;) {
      if (!this.#value(depth + 1)) return false;
      const next = this.#next();
      if (next === CLOSE_ARRAY) break;
      if (next !== COMMA) return this.#unexpected();
      this.#at++;
    }
    this.#at++;
    return true;
  }

  #string(limit: number): boolean {
    const text = this.#text;
    const start = this.#at;
    let at = start + 1;
    let escapes = 0;
    for (;;) {
      const unit = text.charCodeAt(at);
      if (unit === QUOTE) break;
      if (unit === BACKSLASH) {
        const length = this.#escape(at);
        if (length === 0) return false;
        at += length;
        // An escape stands for one unit, a pair of \u escapes for two.
        escapes += length === 12 ? 10 : length - 1;
      } else if (unit >= SPACE) at++;
      else {
        this.#at = at;
        return this.#unexpected();
      }
    }
    this.#at = at + 1;
    if (at - start - 1 - escapes <= limit) return true;
    return this.#fail('too_large', `a string is longer than ${limit} characters`, start);
  }

  /** The length of the escape at this place, a pair of surrogates taken as one; 0 where it is none. */
  #escape(at: number): number {
    const text = this.#text;
    const kind = text.charCodeAt(at + 1);
    if (kind !== LETTER_U) {
      if (SHORT_ESCAPES.includes(text.charAt(at + 1)) && kind > SPACE) return 2;
      this.#at = at;
      this.#unexpected();
      return 0;
    }
    const unit = hex4(text, at + 2);
    if (unit === -1) {
      this.#at = at;
      this.#unexpected();
      return 0;
    }
    if ((unit & 0xf800) !== 0xd800) return 6;
    if (unit < 0xdc00 && text.startsWith('\\u', at + 6)) {
      const low = hex4(text, at + 8);
      if (low !== -1 && (low & 0xfc00) === 0xdc00) return 12;
    }
    this.#fail('invalid_text', 'half of a surrogate pair', at);
    return 0;
  }

  #number(): boolean {
    const text = this.#text;
    const start = this.#at;
    const negative = text.charCodeAt(start) === MINUS;
    let at = negative ? start + 1 : start;
    let certain = true;
    const leading = text.charCodeAt(at);
    at = digits(text, at);
    if (at === start + (negative ? 1 : 0)) return this.#unexpectedAt(at);
    if (leading === ZERO && at > start + (negative ? 2 : 1)) return this.#unexpectedAt(at - 1);
    if (text.charCodeAt(at) === POINT) {
      const from = at + 1;
      at = digits(text, from);
      if (at === from) return this.#unexpectedAt(at);
    }
    if ((text.charCodeAt(at) | 32) === LETTER_E) {
      const sign = text.charCodeAt(at + 1);
      const from = sign === MINUS || sign === PLUS ? at + 2 : at + 1;
      at = digits(text, from);
      if (at === from) return this.#unexpectedAt(at);
      certain = false;
    }
    this.#at = at;
    if (certain && at - start <= SURELY_EXACT) {
      if (negative && leading === ZERO) this.negativeZero = true;
      return true;
    }
    const literal = text.slice(start, at);
    if (!isExactNumber(literal)) {
      return this.#fail('inexact_number', 'a number that no double holds exactly', start);
    }
    if (negative && Number(literal) === 0) this.negativeZero = true;
    return true;
  }

  #word(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return this.#unexpected();
    this.#at += word.length;
    return true;
  }

  /** Skips white space; the unit that stands next, NaN at the end. */
  #next(): number {
    const text = this.#text;
    let at = this.#at;
    let unit = text.charCodeAt(at);
    while (unit === SPACE || unit === LINE_FEED || unit === CARRIAGE_RETURN || unit === TAB) {
      unit = text.charCodeAt(++at);
    }
    this.#at = at;
    return unit;
  }

  #unexpectedAt(at: number): false {
    this.#at = at;
    return this.#unexpected();
  }

  #unexpected(): false {
    const ended = this.#at >= this.#text.length;
    const what = ended ? 'the text ends too early' : 'a character that JSON does not have here';
    return this.#fail('malformed_request', what, Math.min(this.#at, this.#text.length));
  }

  #tooDeep(): false {
    return this.#fail('too_deep', `more than ${this.#limits.depth} levels`, this.#at);
  }

  #fail(code: Code, what: string, offset: number): false {
    this.#fault = { ok: false, code, message: `${what}, at offset ${offset}`, offset };
    return false;
  }
}

const isDigit = (unit: number): boolean => unit >= ZERO && unit <= NINE;

function digits(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at++;
  return at;
}

/** Four hexadecimal digits as a number, or -1. */
function hex4(text: string, from: number): number {
  let value = 0;
  for (let at = from; at < from + 4; at++) {
    const unit = text.charCodeAt(at);
    const letter = unit | 32;
    if (isDigit(unit)) value = value * 16 + unit - ZERO;
    else if (letter >= LETTER_A && letter <= LETTER_F) value = value * 16 + letter - LETTER_A + 10;
    else return -1;
  }
  return value;
}

const SHORT_ESCAPES = '"\\/bfnrt';
const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const LETTER_A = 97;
const LETTER_E = 101;
const LETTER_F = 102;
const LETTER_N = 110;
const LETTER_T = 116;
const LETTER_U = 117;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
