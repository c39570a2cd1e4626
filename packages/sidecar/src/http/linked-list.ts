/**
 * Places in the order in which they came, each in one line at most. A node is linked in and out, and used again: a map that is written and deleted
 * from for every request leaves its old tables to the garbage collector, which carries along the requests that they still name.
 */
export class ListNode {
  before: ListNode = this;
  after: ListNode = this;

  /** Stands in no list. */
  leave(): void {
    this.before.after = this.after;
    this.after.before = this.before;
    this.before = this;
    this.after = this;
  }
}

export class LinkedList<T extends ListNode> {
  readonly #ends = new ListNode();

  /** Who came first; undefined where nobody stands here. */
  get first(): T | undefined {
    return this.#orNone(this.#ends.after);
  }

  behind(node: T): T | undefined {
    return this.#orNone(node.after);
  }

  /** At the end of this list, and in no other. */
  join(node: T): void {
    node.leave();
    const last = this.#ends.before;
    node.before = last;
    node.after = this.#ends;
    last.after = node;
    this.#ends.before = node;
  }

  #orNone(node: ListNode): T | undefined {
    return node === this.#ends ? undefined : (node as T);
  }
}
