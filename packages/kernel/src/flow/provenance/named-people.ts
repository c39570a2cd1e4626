/** Who the user spoke of by name, and which addresses bear those names. Bounded. */
import type { UserIntent } from './intent.ts';

const MOST_NAMES = 1_000;
const MOST_ADDRESSES = 4;
const HEEDED = 65_536;
const CAPITALISED = /(?<![\p{L}\p{N}])\p{Lu}\p{L}{2,}/gu;
const MAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}/g;

/** The parts of an identifier that may be names. */
const nameParts = (value: string): string[] =>
  (value.slice(0, 512).match(/\p{L}{3,}/gu) ?? []).map((part) => part.toLowerCase());

export class NamedPeople {
  readonly #userIntent: UserIntent;
  /** Names in the words of those whose wishes the user said to follow. */
  readonly #heeded = new Set<string>();
  /** Names that the user typed, and the mail addresses seen that bear them. */
  readonly #called = new Map<string, Set<string>>();

  constructor(userIntent: UserIntent) {
    this.#userIntent = userIntent;
  }

  /** The value bears a name that the user typed. */
  typed(value: string): boolean {
    return nameParts(value).some((part) => this.#userIntent.names.has(part));
  }

  /** The same, or a name that somebody wrote whose wishes the user said to follow. */
  meant(value: string): boolean {
    if (this.typed(value)) return true;
    return this.#userIntent.delegates && nameParts(value).some((part) => this.#heeded.has(part));
  }

  /** The one mail address seen that bears a name which the user typed. */
  onlyOne(value: string): boolean {
    const address = value.trim().toLowerCase();
    return nameParts(value).some((part) => {
      const known = this.#called.get(part);
      return known?.size === 1 && known.has(address);
    });
  }

  /** Somebody speaks whose wishes the user said to follow. */
  heed(text: string): void {
    this.#userIntent.heed(text);
    for (const [word] of text.slice(0, HEEDED).matchAll(CAPITALISED)) {
      if (this.#heeded.size >= MOST_NAMES) return;
      this.#heeded.add(word.toLowerCase());
    }
  }

  /** What came back: whose addresses are in it. */
  see(text: string): void {
    const { names } = this.#userIntent;
    if (names.size === 0 || !text.includes('@')) return;
    for (const [address] of text.matchAll(MAIL)) {
      for (const part of nameParts(address)) {
        if (!names.has(part)) continue;
        const known = this.#called.get(part) ?? new Set();
        if (known.size < MOST_ADDRESSES) known.add(address.toLowerCase());
        this.#called.set(part, known);
      }
    }
  }
}
