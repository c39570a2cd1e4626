/**
 * What the requests of one turn of the event loop ask for, done in one run at its end, and written to the journal as one group: the code that decides
 * stays in the processor's caches from one to the next, where between two requests that of HTTP would take its place.
 */
export class Turn {
  #waiting: (() => void)[] = [];
  readonly #end: () => void;

  /** `done` is called when all were done. */
  constructor(done: () => void) {
    this.#end = () => {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const work of waiting) work();
      done();
    };
  }

  /** Work does not throw. */
  add(work: () => void): void {
    if (this.#waiting.push(work) === 1) setImmediate(this.#end);
  }
}
