/** First in, first out, in constant time however many there are; what was removed elsewhere is passed over when its turn comes. */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest that still counts. */
  oldest(counts: (item: T) => boolean): T | undefined {
    const items = this.#items;
    while (this.#head < items.length) {
      const item = items[this.#head] as T;
      if (counts(item)) return item;
      items[this.#head++] = undefined;
      if (this.#head > 64 && this.#head * 2 > items.length) {
        items.splice(0, this.#head);
        this.#head = 0;
        return this.oldest(counts);
      }
    }
    return undefined;
  }
}
