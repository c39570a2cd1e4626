/**
 * Ranked search over capabilities that somebody may see, and over nothing else: the statistics that rank are of the visible ones, so neither order nor
 * number tells of the others. BM25+ by MiniSearch; indexes are kept for who asked last.
 */
import type { CapabilityView } from '@portcullis/wire';
import MiniSearch from 'minisearch';

interface Indexed {
  readonly key: string;
  readonly byId: ReadonlyMap<string, CapabilityView>;
  readonly index: MiniSearch;
}

/** Indexes that are kept: one for each principal with its roles, registry and policy. */
const KEPT = 32;

export class CapabilitySearch {
  #kept: Indexed[] = [];

  /** `visible` is asked only where nothing is kept for `key`. */
  find(
    key: string,
    visible: () => readonly CapabilityView[],
    goal: string,
    tags: readonly string[],
    limit: number,
  ): readonly CapabilityView[] {
    const { byId, index } = this.#of(key, visible);
    const fits = ({ tags: own = [] }: CapabilityView): boolean =>
      tags.every((tag) => own.includes(tag));
    if (goal.trim() === '') return [...byId.values()].filter(fits).slice(0, limit);
    return index
      .search(goal.normalize('NFKC'))
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
      .flatMap(({ id }) => byId.get(id) ?? [])
      .filter(fits)
      .slice(0, limit);
  }

  #of(key: string, visible: () => readonly CapabilityView[]): Indexed {
    const kept = this.#kept.find((one) => one.key === key);
    if (kept !== undefined) return kept;
    const all = visible();
    const index = new MiniSearch({
      fields: ['id', 'name', 'description', 'tags'],
      // Tags are words of their own; ids are taken apart by the tokeniser, at their dots.
      extractField: (view, field) => {
        const value = (view as Record<string, unknown>)[field];
        return Array.isArray(value) ? value.join(' ') : String(value ?? '');
      },
      searchOptions: { boost: { name: 3, id: 2, tags: 2 }, prefix: (term) => term.length > 3 },
      idField: 'id',
    });
    const byId = new Map(all.map((view) => [view.id, view]));
    index.addAll(all);
    const made = { key, byId, index };
    this.#kept = [made, ...this.#kept].slice(0, KEPT);
    return made;
  }
}
