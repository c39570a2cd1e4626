/**
 * Which beginnings of sequences a call carries data of: for every arrow of a rule, what came out of the calls before it, by session. Nothing of it outlives
 * the process. What nobody knows counts as carried: outputs that a host has not reported, that are too many, that came before a restart.
 */
import type { Json } from '@portcullis/wire';
import type { Execution } from '../gate/guard.ts';
import { type ActionText, FIELD, hasUntyped } from './action-text.ts';
import { OutputIndex, type Typed } from './output-index.ts';

/** When a sequence began. */
export interface SequenceStart {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Which call of the session, from 1. */
  readonly call: number;
}

/** One arrow of one rule, and the beginning that comes with it. */
export interface ArrowFeed {
  /** The rule's key and the step's number. */
  readonly arrow: string;
  readonly began: SequenceStart;
}

interface Known {
  stamps: OutputIndex | undefined;
  /** Stamp to beginning; stamp 0 is none. */
  began: (SequenceStart | undefined)[];
  /** What nobody knows came after this beginning. */
  lost: SequenceStart | undefined;
  readonly awaited: Map<string, SequenceStart>;
}

interface Awaited {
  readonly session: string;
  readonly feeds: readonly ArrowFeed[];
  /** Of an output that comes in pieces: characters so far, the end of the last one, and what turns bytes into text. */
  read: number;
  tail: string;
  readonly decoder: InstanceType<typeof TextDecoder>;
}

interface Limits {
  /** Bytes of all sessions together. */
  readonly bytes: number;
  /** Outcomes awaited. */
  readonly awaited: number;
  /** Beginnings told apart for one arrow. */
  readonly began: number;
}

const LIMITS: Limits = {
  bytes: 128 * 1024 * 1024,
  awaited: 100_000,
  began: 4_096,
};
/** Leaves of one output, and characters of all of them. */
const OVERLAP = 256;
const MOST_LEAVES = 100_000;
const MOST_CHARS = 8 * 1024 * 1024;

export const later = (
  a: SequenceStart | undefined,
  b: SequenceStart | undefined,
): SequenceStart | undefined => (a === undefined || (b !== undefined && b.call > a.call) ? b : a);

export class DataFlow {
  readonly #limits: Limits;
  readonly #sessions = new Map<string, Map<string, Known>>();
  readonly #awaited = new Map<string, Awaited>();
  #bytes = 0;

  constructor(limits: Partial<Limits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Whether an arrow of this session was begun since the process was. */
  has(session: string, arrow: string): boolean {
    return this.#sessions.get(session)?.has(arrow) === true;
  }

  /** A call was permitted that an arrow goes out from, or that carries on what one brought: its output is awaited. */
  began(id: string, session: string, feeds: readonly ArrowFeed[], execution: Execution): void {
    if (feeds.length === 0) return;
    for (const { arrow, began } of feeds) {
      const known = this.#open(session, arrow);
      // Whoever runs what was only checked says nothing of it here.
      if (execution === 'none') known.lost = later(known.lost, began);
      else if (execution === 'host') known.awaited.set(id, began);
    }
    if (execution === 'none') return;
    this.#awaited.set(id, { session, feeds, read: 0, tail: '', decoder: new TextDecoder() });
    if (this.#awaited.size <= this.#limits.awaited) return;
    for (const oldest of this.#awaited.keys()) {
      this.settled(oldest, undefined);
      return;
    }
  }

  /** Nothing ran. */
  forgo(id: string): void {
    const awaited = this.#awaited.get(id);
    this.#awaited.delete(id);
    for (const { arrow } of awaited?.feeds ?? [])
      this.#sessions
        .get(awaited?.session ?? '')
        ?.get(arrow)
        ?.awaited.delete(id);
  }

  /** A part of an output that comes in pieces; what lies across two of them is read too. */
  piece(id: string, data: Json | Uint8Array): void {
    const awaited = this.#awaited.get(id);
    if (awaited === undefined || !this.#sessions.has(awaited.session)) return;
    let texts: readonly string[] | undefined;
    if (data instanceof Uint8Array) {
      const text = awaited.tail + awaited.decoder.decode(data, { stream: true });
      awaited.tail = text.slice(-OVERLAP);
      texts = [text];
    } else texts = textsOf(data);
    for (const text of texts ?? []) awaited.read += text.length;
    if (awaited.read > MOST_CHARS) texts = undefined;
    for (const { arrow, began } of awaited.feeds) {
      const known = this.#open(awaited.session, arrow);
      if (texts === undefined) known.lost = later(known.lost, began);
      else this.#learn(known, texts, began);
    }
    this.#makeRoom(awaited.session);
  }

  /** What came of it; without data nobody knows what it gave. */
  settled(id: string, data: Json | Uint8Array | undefined): void {
    const awaited = this.#awaited.get(id);
    if (awaited === undefined) return;
    this.#awaited.delete(id);
    const { session, feeds } = awaited;
    if (!this.#sessions.has(session)) return;
    const texts = data === undefined ? undefined : textsOf(data);
    for (const { arrow, began } of feeds) {
      const known = this.#open(session, arrow);
      known.awaited.delete(id);
      if (texts === undefined) {
        known.lost = later(known.lost, began);
        continue;
      }
      this.#learn(known, texts, began);
    }
    this.#makeRoom(session);
  }

  /** The latest beginning that these texts of a call carry data of. */
  in(session: string, arrow: string, said: ActionText, typed: Typed): SequenceStart | undefined {
    const known = this.#sessions.get(session)?.get(arrow);
    if (known === undefined) return undefined;
    let found = known.lost;
    for (const began of known.awaited.values()) found = later(found, began);
    if (found !== undefined && !hasUntyped(said, typed)) found = undefined;
    const { stamps } = known;
    if (stamps === undefined) return found;
    let best = 0;
    for (const text of said.texts) best = Math.max(best, stamps.in(text, typed));
    for (const text of said.cuts) best = Math.max(best, stamps.in(text, typed));
    return later(found, known.began[best]);
  }

  close(session: string): void {
    for (const { stamps } of this.#sessions.get(session)?.values() ?? [])
      this.#bytes -= stamps?.bytes ?? 0;
    this.#sessions.delete(session);
  }

  #open(session: string, arrow: string): Known {
    const arrows = this.#sessions.get(session) ?? new Map<string, Known>();
    this.#sessions.delete(session);
    this.#sessions.set(session, arrows);
    let known = arrows.get(arrow);
    if (known === undefined) {
      known = { stamps: undefined, began: [undefined], lost: undefined, awaited: new Map() };
      arrows.set(arrow, known);
    }
    return known;
  }

  #learn(known: Known, texts: readonly string[], began: SequenceStart): void {
    if (known.began.length > this.#limits.began) this.#lose(known);
    // INVARIANT: stamps rise with beginnings. A call that answers after later ones bears the next beginning there is.
    let stamp = known.began.length;
    while (stamp > 1 && (known.began[stamp - 1] as SequenceStart).call >= began.call) stamp--;
    known.began[stamp] ??= began;
    const before = known.stamps?.bytes ?? 0;
    known.stamps ??= new OutputIndex();
    for (const text of texts) {
      if (!known.stamps.learn(text, stamp)) known.lost = later(known.lost, began);
    }
    this.#bytes += known.stamps.bytes - before;
  }

  /** Nothing is told apart any more: all of it came after the latest beginning. */
  #lose(known: Known): void {
    this.#bytes -= known.stamps?.bytes ?? 0;
    known.lost = later(known.lost, known.began.at(-1));
    known.stamps = undefined;
    known.began = [undefined];
  }

  #makeRoom(keep: string): void {
    if (this.#bytes <= this.#limits.bytes) return;
    for (const [session, arrows] of this.#sessions) {
      if (session === keep || this.#bytes <= this.#limits.bytes) return;
      for (const known of arrows.values()) this.#lose(known);
    }
  }
}

function textsOf(data: Json | Uint8Array): readonly string[] | undefined {
  if (data instanceof Uint8Array)
    return data.length > MOST_CHARS ? undefined : [new TextDecoder().decode(data)];
  const texts: string[] = [];
  let chars = 0;
  const walk = (value: Json, depth: number): boolean => {
    if (value === null || typeof value === 'boolean') return true;
    if (typeof value !== 'object') {
      const text = String(value);
      chars += text.length;
      texts.push(text);
      return texts.length <= MOST_LEAVES && chars <= MOST_CHARS;
    }
    if (depth > DEEPEST) return false;
    if (Array.isArray(value)) return value.every((inner) => walk(inner, depth + 1));
    return Object.entries(value).every(([key, inner]) => {
      chars += key.length;
      if (!FIELD.test(key)) texts.push(key);
      return walk(inner, depth + 1);
    });
  };
  return walk(data, 0) ? texts : undefined;
}

const DEEPEST = 64;
