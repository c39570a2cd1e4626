/** What is remembered of the newest: two generations, of which the older goes when the younger is full. Never more than `most`, and no look-up walks. */
export class Generations<K, V> {
  readonly #half: number;
  #younger = new Map<K, V>();
  #older = new Map<K, V>();

  constructor(most: number) {
    this.#half = Math.max(1, most >> 1);
  }

  /** What was asked for is as good as new. */
  get(key: K): V | undefined {
    const young = this.#younger.get(key);
    if (young !== undefined) return young;
    const old = this.#older.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#younger.size >= this.#half) {
      this.#older = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(key, value);
  }
}
