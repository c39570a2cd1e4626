/**
 * What comes of a result in pieces, masked: texts and bytes go on from the piece before, so that no secret comes out in two halves; any other
 * value stands by itself. Fails closed: what cannot be masked is thrown away with an error.
 */
import type { Json } from '@portcullis/wire';
import { wholeEnd } from '../characters.ts';
import { Framing } from '../framing.ts';
import { type Reading, readingOf } from './bytes.ts';
import { StreamMask } from './mask.ts';
import { StreamText } from './text.ts';

export interface Part {
  /** Text, base64 of bytes that are no text, or a value. */
  readonly data: Json;
  readonly notes: readonly string[];
  readonly encoding?: 'base64';
}

/** UTF-16 units of one part. */
const LONGEST_PART = 65_536;
/** What a walk without a bound on bytes counts from. */
const UNBOUNDED = 2 ** 50;

interface TextRun {
  readonly kind: 'text';
  readonly text: StreamText;
  /** Where it came as bytes. */
  decoder: InstanceType<typeof TextDecoder> | undefined;
}

type Run =
  | TextRun
  | { readonly kind: 'bytes'; readonly mask: StreamMask }
  /** Nobody knows yet what these bytes are. */
  | { readonly kind: 'sample'; bytes: Buffer };

export class Pieces {
  readonly #depth: number;
  readonly #personal: boolean;
  #run: Run | undefined;

  constructor(depth: number, personal: boolean) {
    this.#depth = depth;
    this.#personal = personal;
  }

  take(data: Json | Uint8Array): Part[] {
    if (typeof data === 'string') return this.#text(data);
    if (data instanceof Uint8Array)
      return this.#bytes(Buffer.from(data.buffer, data.byteOffset, data.byteLength), false);
    const before = this.end();
    const framing = new Framing({ bytes: UNBOUNDED, depth: this.#depth }, 0, this.#personal);
    const shown = framing.show(data);
    return [...before, { data: shown, notes: framing.notes(0) }];
  }

  /** What was held back: nothing goes on from it. */
  end(): Part[] {
    const run = this.#run;
    if (run?.kind === 'sample') {
      const parts = this.#bytes(Buffer.alloc(0), true);
      return [...parts, ...this.end()];
    }
    this.#run = undefined;
    if (run === undefined) return [];
    if (run.kind === 'bytes') return partsOf(run.mask.end(), run.mask.found, true);
    const rest = run.decoder?.decode() ?? '';
    const out = run.text.push(rest) + run.text.end();
    return partsOf(out, run.text.found, false);
  }

  #text(text: string): Part[] {
    const open = this.#run;
    const before = open?.kind === 'text' ? [] : this.end();
    const run = open?.kind === 'text' ? open : this.#textRun(undefined);
    this.#run = run;
    const decoded = run.decoder?.decode() ?? '';
    run.decoder = undefined;
    return [...before, ...partsOf(run.text.push(decoded + text), run.text.found, false)];
  }

  #textRun(encoding: Exclude<Reading, 'none'> | undefined): TextRun {
    const decoder =
      encoding === undefined ? undefined : new TextDecoder(encoding, { ignoreBOM: true });
    return { kind: 'text', text: new StreamText(this.#personal), decoder };
  }

  #bytes(bytes: Buffer, last: boolean): Part[] {
    const run = this.#run;
    if (run?.kind === 'bytes')
      return partsOf(run.mask.push(bytes.toString('latin1')), run.mask.found, true);
    if (run?.kind === 'text') {
      run.decoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
      const text = run.decoder.decode(bytes, { stream: true });
      return partsOf(run.text.push(text), run.text.found, false);
    }
    const sample = run === undefined ? bytes : Buffer.concat([run.bytes, bytes]);
    const reading = readingOf(sample, last);
    if (reading === undefined) {
      // A copy: who gave the bytes may use their place again.
      this.#run = { kind: 'sample', bytes: Buffer.from(sample) };
      return [];
    }
    this.#run =
      reading === 'none'
        ? { kind: 'bytes', mask: new StreamMask(this.#personal) }
        : this.#textRun(reading);
    return this.#bytes(sample, last);
  }
}

/** Notes say what was masked in these; where bytes that are no UTF-8 came later, a sign stands for them, as everywhere. */
function partsOf(text: string, found: Set<string>, bytes: boolean): Part[] {
  const masked = found.size === 0 ? NOTHING : [`masked: ${[...found].join(', ')}`];
  found.clear();
  const parts: Part[] = [];
  for (let at = 0; at < text.length; ) {
    const end = endOf(text, at);
    const part = text.slice(at, end);
    const notes = at === 0 ? masked : NOTHING;
    parts.push(
      bytes
        ? {
            data: Buffer.from(part, 'latin1').toString('base64'),
            notes: [...notes, AS_BASE64],
            encoding: 'base64',
          }
        : { data: part, notes },
    );
    at = end;
  }
  return parts;
}

function endOf(text: string, at: number): number {
  const end = Math.min(text.length, at + LONGEST_PART);
  return end < text.length ? wholeEnd(text, end) : end;
}

const NOTHING: readonly string[] = Object.freeze([]);
const AS_BASE64 = 'as base64: bytes that are no text';
