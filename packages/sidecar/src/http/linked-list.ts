/**
 * Places in the order in which they came, each in one line at most. A place is linked in and out, and used again: a map that is written and deleted
 * from for every request leaves its old tables to the garbage collector, which carries along the requests that they still name.
 */
export class Place {
  before: Place = this;
  after: Place = this;

  /** Stands in no line. */
  leave(): void {
    this.before.after = this.after;
    this.after.before = this.before;
    this.before = this;
    this.after = this;
  }
}

export class Line<T extends Place> {
  readonly #ends = new Place();

  /** Who came first; undefined where nobody stands here. */
  get first(): T | undefined {
    return this.#orNone(this.#ends.after);
  }

  behind(place: T): T | undefined {
    return this.#orNone(place.after);
  }

  /** At the end of this line, and in no other. */
  join(place: T): void {
    place.leave();
    const last = this.#ends.before;
    place.before = last;
    place.after = this.#ends;
    last.after = place;
    this.#ends.before = place;
  }

  #orNone(place: Place): T | undefined {
    return place === this.#ends ? undefined : (place as T);
  }
}
