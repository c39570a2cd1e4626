/**
 * The one walk over a value that somebody hands in: it reads every member once, and returns a frozen copy that nobody else holds
 * together with its RFC 8785 (JCS) text. What is judged, digested and run is that copy; the value itself is never looked at again.
 *
 * Own enumerable string members of plain objects and the elements of arrays are data. A member whose value is undefined is left out,
 * as on the wire; symbols, prototypes and `toJSON` play no part. All else is refused: other classes, functions, BigInt, NaN, holes,
 * cycles (they are too deep), half surrogate pairs, getters and proxies that throw. Members of the copy stand in JCS order, so equal
 * digests mean equal bytes for whoever runs it.
 */
import type { Json } from '@portcullis/wire';
import { jcs } from './json/jcs.ts';
import { ADMISSION_LIMITS, type AdmissionLimits } from './limits.ts';
import { isPlainObject, plainObject } from './plain.ts';
import { pointerStep, type Refusal, refuse } from './refusal.ts';

export interface Canonical {
  readonly ok: true;
  /** Deep-frozen; its objects inherit nothing. */
  readonly value: Json;
  /** RFC 8785. */
  readonly text: string;
  /** Of all its objects together. */
  readonly members: number;
}

/**
 * Codes: `malformed_request`, `inexact_number`, `invalid_text`, `too_deep`, `too_large`. `outer` counts the containers that the value
 * already stands in.
 */
export function canonicalize(
  input: unknown,
  limits: AdmissionLimits = ADMISSION_LIMITS,
  outer = 0,
): Canonical | Refusal {
  const walk = new Walk(limits, outer);
  let value: Json | Refused;
  try {
    value = walk.copy(input, outer + 1);
  } catch {
    return refuse('malformed_request', 'reading a member failed', walk.pointer());
  }
  if (value === REFUSED) return walk.refusal();
  const text = walk.indexed ? jcs(value) : isEmpty(walk, value) ? '{}' : JSON.stringify(value);
  // No character takes more than three bytes, so most texts need no count.
  if (text.length * 3 > limits.bytes && Buffer.byteLength(text) > limits.bytes) {
    return refuse('too_large', `more than ${limits.bytes} bytes of JSON`);
  }
  return { ok: true, value, text, members: walk.members };
}

/** An object without members: what most calls have for params. */
const isEmpty = ({ members }: Walk, value: Json): boolean =>
  members === 0 && typeof value === 'object' && value !== null && !Array.isArray(value);

const REFUSED = Symbol('refused');
type Refused = typeof REFUSED;

class Walk {
  /** Some name begins with a digit: V8 lists such names in an order of their own, so JSON.stringify would not write JCS. */
  indexed = false;
  members = 0;
  readonly #limits: AdmissionLimits;
  readonly #outer: number;
  #path: (string | number)[] = [];
  #level = 0;
  /** About what the text will take. */
  #bytes = 0;
  #refusal: Refusal | undefined = undefined;

  constructor(limits: AdmissionLimits, outer: number) {
    this.#limits = limits;
    this.#outer = outer;
  }

  copy(value: unknown, depth: number): Json | Refused {
    switch (typeof value) {
      case 'string':
        return this.#text(value, this.#limits.string) ? value : REFUSED;
      case 'number':
        if (!Number.isFinite(value)) return this.#refuse('inexact_number', 'not a finite number');
        this.#bytes += 2;
        return value === 0 ? 0 : value;
      case 'boolean':
        this.#bytes += 5;
        return value;
      case 'object':
        if (value === null) {
          this.#bytes += 5;
          return null;
        }
        if (depth > this.#limits.depth) {
          return this.#refuse('too_deep', `more than ${this.#limits.depth} levels`);
        }
        if (Array.isArray(value)) return this.#array(value, depth);
        if (isPlainObject(value)) return this.#object(value, depth);
        return this.#refuse('malformed_request', 'an instance of a class is not JSON');
      case 'bigint':
        return this.#refuse('inexact_number', 'a BigInt is not JSON');
      default:
        return this.#refuse('malformed_request', `${typeof value} is not JSON`);
    }
  }

  #object(source: Record<string, unknown>, depth: number): Json | Refused {
    const keys = Object.keys(source);
    this.members += keys.length;
    if (this.members > this.#limits.keys) {
      return this.#refuse('too_large', `more than ${this.#limits.keys} members`);
    }
    if (!inOrder(keys)) keys.sort();
    const copy = plainObject();
    const level = depth - this.#outer - 1;
    for (const key of keys) {
      this.#path[level] = key;
      this.#level = level + 1;
      const value = source[key];
      if (value === undefined) continue;
      if (!this.#text(key, this.#limits.key)) return REFUSED;
      const member = this.copy(value, depth + 1);
      if (member === REFUSED) return REFUSED;
      const first = key.charCodeAt(0);
      if (first >= 48 && first <= 57) this.indexed = true;
      copy[key] = member;
    }
    this.#level = level;
    this.#bytes += 2;
    return this.#fits() ? Object.freeze(copy) : REFUSED;
  }

  #array(source: readonly unknown[], depth: number): Json | Refused {
    const length = source.length;
    if (this.#bytes + length * 2 > this.#limits.bytes) return this.#tooLarge();
    const copy: Json[] = [];
    const level = depth - this.#outer - 1;
    for (let at = 0; at < length; at++) {
      this.#path[level] = at;
      this.#level = level + 1;
      const element = this.copy(source[at], depth + 1);
      if (element === REFUSED) return REFUSED;
      copy.push(element);
    }
    this.#level = level;
    this.#bytes += 2;
    return this.#fits() ? (Object.freeze(copy) as Json[]) : REFUSED;
  }

  #text(text: string, limit: number): boolean {
    this.#bytes += text.length + 3;
    if (text.length > limit) {
      this.#refuse('too_large', `a string is longer than ${limit} characters`);
      return false;
    }
    if (!text.isWellFormed()) {
      this.#refuse('invalid_text', 'half of a surrogate pair');
      return false;
    }
    return this.#fits();
  }

  /** Stops a value that grows while it is read, or that stands in itself many times over, long before memory does. */
  #fits(): boolean {
    // The estimate may lie above the text; the text itself is measured at the end.
    if (this.#bytes <= this.#limits.bytes * 2) return true;
    this.#tooLarge();
    return false;
  }

  #tooLarge(): Refused {
    return this.#refuse('too_large', `more than ${this.#limits.bytes} bytes of JSON`);
  }

  #refuse(code: Refusal['code'], message: string): Refused {
    this.#refusal = refuse(code, message, this.pointer());
    return REFUSED;
  }

  refusal(): Refusal {
    return this.#refusal as Refusal;
  }

  pointer(): string {
    let text = '';
    for (let at = 0; at < this.#level; at++) text += pointerStep(String(this.#path[at]));
    return text;
  }
}

function inOrder(keys: readonly string[]): boolean {
  for (let at = 1; at < keys.length; at++) {
    if ((keys[at - 1] as string) > (keys[at] as string)) return false;
  }
  return true;
}
