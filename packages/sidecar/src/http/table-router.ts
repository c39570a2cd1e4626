/** Routes without parameters are found by one look-up; the others by Hono's trie. A fixed path goes before one with a parameter. */
import type { Result, Router } from 'hono/router';
import { TrieRouter } from 'hono/router/trie-router';

export class TableRouter<T> implements Router<T> {
  readonly name = 'TableRouter';
  /** By path, then method: two texts that are there already, where one key for both would be made anew for each request. */
  readonly #fixed = new Map<string, Map<string, Result<T>>>();
  readonly #rest = new TrieRouter<T>();

  add(method: string, path: string, handler: T): void {
    if (/[:*]/.test(path)) {
      this.#rest.add(method, path, handler);
      return;
    }
    const methods = this.#fixed.get(path) ?? new Map<string, Result<T>>();
    this.#fixed.set(path, methods.set(method, [[[handler, {}]]]));
  }

  match(method: string, path: string): Result<T> {
    return this.#fixed.get(path)?.get(method) ?? this.#rest.match(method, path);
  }
}
