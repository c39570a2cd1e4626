/**
 * `hidesSecret` for a text that comes in pieces: while all of it is base64 of a text, what it says is searched too, and nothing is shown whose
 * meaning is not decided. What hides a secret is left out from there on. A text that turns out to be something else passes.
 */
import { SHORTEST_HIDING } from '../bytes.ts';
import { maskOf } from '../masking/secret-forms.ts';
import { StreamMask } from './mask.ts';

const PART = /^[A-Za-z0-9+/_\r\n-]*={0,2}\s*$/;
const CLOSED = /[= \t\f\v]/;
const OTHER = /[^A-Za-z0-9+/_\r\n=-]/;
const BREAKS = /[\r\n]+/g;

interface Waiting {
  readonly text: string;
  /** Characters that were decoded when this had come. */
  readonly decoded: number;
}

export class Base64Stage {
  #state: 'base64' | 'hides' | 'other' = 'base64';
  /** Its end came: only space may follow. */
  #closed = false;
  #length = 0;
  #waiting: Waiting[] = [];
  #shown = false;
  /** What of a group of four has come. */
  #group = '';
  #decoded = 0;
  readonly #inner = new StreamMask();
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  push(text: string, found: Set<string>): string {
    if (text === '' || this.#state === 'other') return text;
    if (this.#state === 'hides') return this.#pass(text);
    const goes = PART.test(text) && !(this.#closed && text.trim() !== '');
    this.#waiting.push({ text, decoded: Number.POSITIVE_INFINITY });
    if (!goes) return this.#give();
    this.#closed ||= CLOSED.test(text);
    this.#length += text.length;
    if (!this.#decode(text)) return this.#give();
    this.#waiting[this.#waiting.length - 1] = { text, decoded: this.#decoded };
    if (this.#length < SHORTEST_HIDING) return '';
    if (this.#inner.found.size > 0) return this.#hide(found);
    return this.#decidedUpTo(this.#decoded - this.#inner.held);
  }

  end(found: Set<string>): string {
    if (this.#state !== 'base64') return '';
    const whole = this.#flush();
    if (whole && this.#length >= SHORTEST_HIDING && this.#inner.found.size > 0)
      return this.#hide(found);
    return this.#give();
  }

  /** False where it is no text. */
  #decode(text: string): boolean {
    const group = this.#group + text.replace(BREAKS, '').trimEnd();
    const end = this.#closed ? group.length : group.length - (group.length % 4);
    this.#group = group.slice(end);
    return this.#search(Buffer.from(group.slice(0, end), 'base64'), true);
  }

  #flush(): boolean {
    const rest = Buffer.from(this.#group, 'base64');
    this.#group = '';
    return this.#search(rest, false) && this.#inner.end() !== undefined;
  }

  #search(bytes: Uint8Array, stream: boolean): boolean {
    try {
      const text = this.#decoder.decode(bytes, { stream });
      this.#decoded += text.length;
      this.#inner.push(text);
      return true;
    } catch {
      return false;
    }
  }

  #decidedUpTo(decoded: number): string {
    let out = '';
    let count = 0;
    for (const { text, decoded: upTo } of this.#waiting) {
      if (upTo > decoded) break;
      out += text;
      count++;
    }
    this.#waiting.splice(0, count);
    this.#shown ||= count > 0;
    return out;
  }

  /** It is no base64 of a text: all of it may be seen. */
  #give(): string {
    this.#state = 'other';
    const out = this.#waiting.map(({ text }) => text).join('');
    this.#waiting = [];
    return out;
  }

  #hide(found: Set<string>): string {
    this.#state = 'hides';
    this.#waiting = [];
    for (const kind of this.#inner.found) found.add(kind);
    return maskOf('base64');
  }

  #pass(text: string): string {
    const end = text.search(OTHER);
    if (end === -1) return '';
    this.#state = 'other';
    return text.slice(end);
  }
}
