/** Routes without parameters are found by one look-up; the others by Hono's trie. A fixed path goes before one with a parameter. */
import type { Result, Router } from 'hono/router';
import { TrieRouter } from 'hono/router/trie-router';

export class TableRouter<T> implements Router<T> {
  readonly name = 'TableRouter';
  readonly #fixed = new Map<string, Result<T>>();
  readonly #rest = new TrieRouter<T>();

  add(method: string, path: string, handler: T): void {
    if (/[:*]/.test(path)) this.#rest.add(method, path, handler);
    else this.#fixed.set(`${method} ${path}`, [[[handler, {}]]]);
  }

  match(method: string, path: string): Result<T> {
    return this.#fixed.get(`${method} ${path}`) ?? this.#rest.match(method, path);
  }
}
