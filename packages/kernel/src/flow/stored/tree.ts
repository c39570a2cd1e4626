/**
 * Long because all its parts keep one invariant. A tree of names, with the labels of what one tenant's agents stored under them. A write counts
 * from its intent on, and its outcome settles it: labels are replaced only where something was certainly overwritten whole, else they are joined.
 * The tree is bounded: what is forgotten leaves a mark on what it lay in, and counts as untrusted from then on. The same calls in the same order
 * make the same tree, so a restart makes it again from the records.
 *
 * INVARIANT: what a read gives is never better than what any order of the overlapping writes could have left there.
 */
import type { Json } from '@portcullis/wire';
import { ClearedLabels } from './cleared-labels.ts';
import { forgotten, join, type Labels, NONE } from './join.ts';
import {
  add,
  below,
  count,
  isBare,
  isPlace,
  keyOf,
  labelsBelow,
  type Node,
  newNode,
  openLabels,
} from './node.ts';

/** A place, and the names that lead to a thing in it; sealed. */
export type Key = readonly string[];

/** `mark` labels everything at and below a name, where nobody knows which things were reached. */
export type Write =
  | { readonly does: 'write' | 'append' | 'mark'; readonly at: Key; readonly labels: Labels }
  | { readonly does: 'delete'; readonly at: Key }
  | { readonly does: 'move'; readonly at: Key; readonly to: Key };

/** What is known of a write that began; `maybe`: perhaps it happened, or only in part. */
export type Happened = 'yes' | 'no' | 'maybe';

interface Begun {
  readonly write: Write;
  /** Where it lands. */
  readonly node: Node;
  readonly labels: Labels;
  readonly began: number;
  /** Another write that touches the same was under way when this one began. */
  readonly met: boolean;
}

export interface Room {
  readonly entries: number;
  readonly marks: number;
}

export const ROOM: Room = Object.freeze({ entries: 10_000, marks: 1_000 });

const isWide = ({ does }: Write): boolean => does === 'move' || does === 'mark';

export class LabelTree {
  readonly #room: Room;
  readonly #root = newNode(undefined, '');
  /** Nodes with an entry, oldest write first: these are forgotten first. */
  readonly #entries = new Set<Node>();
  /** Nodes with `coarse` or `names` labels, oldest first. */
  readonly #marked = new Set<Node>();
  readonly #begun = new Map<string, Begun[]>();
  readonly #cleared = new ClearedLabels();
  /** Labels of every write that began while a move was under way: the move may have taken it along. */
  #meanwhile = NONE;
  #moves = 0;
  #wide = 0;
  #count = 0;
  #clock = 0;
  #lastBegan = 0;
  #lastWide = 0;

  constructor(room: Room = ROOM) {
    this.#room = room;
  }

  /** Nothing is remembered, and no write is under way. */
  get empty(): boolean {
    return isBare(this.#root) && this.#count === 0;
  }

  /** How many nodes hold something. */
  get size(): number {
    return this.#entries.size + this.#marked.size;
  }

  /** The present, for `since`. */
  get clock(): number {
    return this.#cleared.clock;
  }

  /** Labels of what lies at this name; with `deep`, of everything below it too. */
  read(key: Key, deep: boolean): Labels {
    let node: Node | undefined = this.#root;
    let coarse = node.coarse;
    let found = this.#moves > 0 ? this.#meanwhile : NONE;
    for (const segment of key) {
      found = join(found, openLabels(node, true));
      node = node.children?.get(segment);
      if (node === undefined) return join(found, coarse);
      coarse = join(coarse, node.coarse);
    }
    found = join(found, node.entry ?? coarse);
    found = join(found, openLabels(node, false));
    return deep ? join(join(found, node.coarse), labelsBelow(node)) : found;
  }

  /** Labels of the names below this one. */
  names(key: Key): Labels {
    let node: Node | undefined = this.#root;
    let found = NONE;
    for (const segment of key) {
      node = node.children?.get(segment);
      if (node === undefined) return found;
      found = join(found, node.coarse);
    }
    return join(found, node.names);
  }

  /** Labels of what lay there at any time since. */
  since(clock: number, key: Key): Labels {
    return this.#cleared.since(clock, key);
  }

  /** A write begins. `names`: labels of the name it will lie under, where somebody else may have chosen that. */
  begin(id: string, write: Write, names: Labels = NONE): void {
    const node = this.#make(write.does === 'move' ? write.to : write.at);
    const wide = isWide(write);
    const met = wide ? this.#count > 0 : this.#wide > 0 || node.open !== undefined;
    this.#open(id, {
      write,
      node,
      labels: labelsOf(write, () => this.read(write.at, true)),
      began: ++this.#clock,
      met,
    });
    if (names.length > 0) this.#name(node, names);
  }

  #open(id: string, begun: Begun): void {
    const { node, labels, began, write } = begun;
    const all = this.#begun.get(id) ?? [];
    const wide = isWide(write);
    node.open ??= new Map();
    node.open.set(`${all.length} ${id}`, { labels, wide });
    count(node, labels, 1);
    node.began = began;
    this.#lastBegan = began;
    this.#count++;
    if (this.#moves > 0) this.#meanwhile = join(this.#meanwhile, labels);
    if (wide) {
      this.#wide++;
      this.#lastWide = began;
    }
    if (write.does === 'move') this.#moves++;
    this.#begun.set(id, [...all, begun]);
  }

  settle(id: string, happened: Happened): void {
    const all = this.#begun.get(id);
    if (all === undefined) return;
    this.#begun.delete(id);
    for (const [index, begun] of all.entries()) this.#shut(`${index} ${id}`, begun);
    for (const begun of all) if (happened !== 'no') this.#apply(begun, happened === 'yes');
    if (this.#moves === 0) this.#meanwhile = NONE;
    for (const { node } of all) this.#prune(node);
    this.#evict();
  }

  #shut(id: string, { node, write, labels }: Begun): void {
    node.open?.delete(id);
    if (node.open?.size === 0) node.open = undefined;
    count(node, labels, -1);
    this.#count--;
    if (isWide(write)) this.#wide--;
    if (write.does === 'move') this.#moves--;
  }

  #apply(begun: Begun, happened: boolean): void {
    const { write, node, labels } = begun;
    const certain = happened && !this.#overlapped(begun);
    switch (write.does) {
      case 'write':
        if (certain) this.#put(node, labels);
        else this.#join(node, labels);
        return;
      case 'append':
        this.#join(node, labels);
        return;
      case 'delete':
        if (certain) this.#put(node, NONE);
        return;
      case 'mark':
        this.#mark(node, labels);
        return;
      case 'move':
        if (certain && !overlaps(write.at, write.to)) this.#relocate(write.at, node);
        else this.#mark(node, join(join(labels, this.read(write.at, true)), this.#meanwhile));
    }
  }

  #overlapped({ write, node, began, met }: Begun): boolean {
    if (met) return true;
    return isWide(write) ? this.#lastBegan > began : node.began > began || this.#lastWide > began;
  }

  /** Labels of what lies here without an entry of its own. */
  #coarseOver(node: Node): Labels {
    let found = NONE;
    for (let at: Node | undefined = node; at !== undefined; at = at.parent)
      found = join(found, at.coarse);
    return found;
  }

  #put(node: Node, labels: Labels): void {
    const coarse = this.#coarseOver(node);
    const before = node.entry ?? coarse;
    if (before.length > 0) this.#cleared.note(keyOf(node), before);
    this.#setEntry(node, labels.length === 0 && coarse.length === 0 ? undefined : labels);
  }

  #join(node: Node, labels: Labels): void {
    if (labels.length > 0) this.#setEntry(node, join(node.entry ?? this.#coarseOver(node), labels));
  }

  #setEntry(node: Node, labels: Labels | undefined): void {
    if (node.entry !== undefined) count(node, node.entry, -1);
    node.entry = labels;
    this.#entries.delete(node);
    if (labels === undefined) return;
    count(node, labels, 1);
    this.#entries.add(node);
  }

  #setCoarse(node: Node, labels: Labels): void {
    count(node, node.coarse, -1);
    node.coarse = labels;
    count(node, labels, 1);
    this.#remark(node);
  }

  #setNames(node: Node, labels: Labels): void {
    node.names = labels;
    this.#remark(node);
  }

  #remark(node: Node): void {
    this.#marked.delete(node);
    if (node.coarse.length > 0 || node.names.length > 0) this.#marked.add(node);
  }

  #mark(node: Node, labels: Labels): void {
    if (labels.length === 0) return;
    this.#setCoarse(node, join(node.coarse, labels));
    for (const at of below(node)) {
      if (at.entry === undefined) continue;
      count(at, at.entry, -1);
      at.entry = join(at.entry, labels);
      count(at, at.entry, 1);
    }
  }

  #name(node: Node, labels: Labels): void {
    for (let at = node.parent; at?.parent !== undefined; at = at.parent)
      this.#setNames(at, join(at.names, labels));
  }

  /** Everything at `from` moves to `target`, in place of what lay there. */
  #relocate(from: Key, target: Node): void {
    const source = this.#find(from);
    const carried =
      source?.parent === undefined ? this.#over(from) : this.#coarseOver(source.parent);
    const to = keyOf(target);
    this.#cleared.note(to, this.read(to, true));
    this.#cleared.note(from, this.read(from, true));
    for (const at of below(target)) this.#forget(at);
    add(target.parent, target, -1);
    const { parent, segment } = target;
    const moved = source ?? newNode(undefined, segment);
    if (source?.parent !== undefined) {
      add(source.parent, source, -1);
      this.#detach(source);
    }
    moved.parent = parent;
    moved.segment = segment;
    parent?.children?.set(segment, moved);
    add(parent, moved);
    if (carried.length > 0) this.#setCoarse(moved, join(moved.coarse, carried));
    else if (moved.entry === undefined && moved.coarse.length === 0) this.#put(moved, NONE);
    this.#prune(moved);
  }

  #over(key: Key): Labels {
    let node: Node | undefined = this.#root;
    let found = node.coarse;
    for (const segment of key) {
      node = node.children?.get(segment);
      if (node === undefined) break;
      found = join(found, node.coarse);
    }
    return found;
  }

  #forget(node: Node): void {
    this.#entries.delete(node);
    this.#marked.delete(node);
  }

  #evict(): void {
    // What is under way keeps its place; a few looks are enough, for there is room again when it is settled.
    for (let looks = 0; this.#entries.size > this.#room.entries && looks < 16; looks++) {
      const [oldest] = this.#entries as Iterable<Node>;
      if (oldest === undefined) break;
      this.#entries.delete(oldest);
      if (oldest.open !== undefined) this.#entries.add(oldest);
      else this.#drop(oldest);
    }
    for (let looks = 0; this.#marked.size > this.#room.marks && looks < 16; looks++) {
      const [oldest] = this.#marked as Iterable<Node>;
      if (oldest === undefined) break;
      this.#marked.delete(oldest);
      if (isPlace(oldest)) this.#marked.add(oldest);
      else this.#widen(oldest);
    }
  }

  #drop(node: Node): void {
    const labels = node.entry ?? NONE;
    this.#setEntry(node, undefined);
    const keeper = isPlace(node) ? node : node.parent;
    if (labels.length > 0 && keeper !== undefined)
      this.#setCoarse(keeper, join(keeper.coarse, forgotten(labels)));
    this.#prune(node);
  }

  /** Its marks become marks of what it lies in. */
  #widen(node: Node): void {
    const { parent } = node;
    if (parent === undefined) return;
    const lost = forgotten(join(node.coarse, node.names));
    this.#setCoarse(node, NONE);
    this.#setNames(node, NONE);
    this.#setCoarse(parent, join(parent.coarse, lost));
    this.#prune(node);
  }

  #find(key: Key): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const segment of key) node = node?.children?.get(segment);
    return node;
  }

  #make(key: Key): Node {
    let node = this.#root;
    for (const segment of key) {
      node.children ??= new Map();
      let child = node.children.get(segment);
      if (child === undefined) {
        child = newNode(node, segment);
        node.children.set(segment, child);
      }
      node = child;
    }
    return node;
  }

  #prune(node: Node): void {
    for (let at: Node | undefined = node; at !== undefined && isBare(at); ) {
      const { parent }: Node = at;
      if (parent === undefined || parent.children?.get(at.segment) !== at) return;
      this.#detach(at);
      at = parent;
    }
  }

  #detach(node: Node): void {
    const { parent } = node;
    parent?.children?.delete(node.segment);
    if (parent?.children?.size === 0) parent.children = undefined;
    node.parent = undefined;
    if (parent !== undefined && parent.parent !== undefined) this.#prune(parent);
  }

  // ---- saved whole, in order

  save(): Json {
    return {
      entries: [...this.#entries].map((node) => [keyOf(node), node.entry ?? []]),
      marks: [...this.#marked].map((node) => [keyOf(node), node.coarse, node.names]),
      meanwhile: this.#meanwhile,
      begun: [...this.#begun].map(([id, all]) => [
        id,
        all.map((begun) => [begun.write, begun.labels, this.#overlapped(begun)]),
      ]),
    } as unknown as Json;
  }

  static load(json: Json, room: Room = ROOM): LabelTree {
    const saved = json as unknown as Saved;
    const tree = new LabelTree(room);
    for (const [key, labels] of saved.entries) tree.#setEntry(tree.#make(key), labels);
    for (const [key, coarse, names] of saved.marks) {
      tree.#setCoarse(tree.#make(key), coarse);
      tree.#setNames(tree.#make(key), names);
    }
    tree.#meanwhile = saved.meanwhile;
    for (const [id, all] of saved.begun)
      for (const [write, labels, met] of all) {
        const node = tree.#make(write.does === 'move' ? write.to : write.at);
        tree.#open(id, { write, node, labels, began: ++tree.#clock, met: met || all.length > 1 });
      }
    return tree;
  }
}

interface Saved {
  readonly entries: readonly [Key, Labels][];
  readonly marks: readonly [Key, Labels, Labels][];
  readonly meanwhile: Labels;
  readonly begun: readonly [string, [Write, Labels, boolean][]][];
}

const labelsOf = (write: Write, moved: () => Labels): Labels => {
  if (write.does === 'delete') return NONE;
  return write.does === 'move' ? moved() : write.labels;
};

/** One lies within the other. */
const overlaps = (a: Key, b: Key): boolean => {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return short.every((segment, index) => segment === long[index]);
};
