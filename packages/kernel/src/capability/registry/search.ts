/**
 * Ranked search over capabilities that somebody may see, and over nothing else: the statistics that rank are of the visible ones, so neither order nor
 * number tells of the others. BM25+ by MiniSearch; an index is kept for what is visible and not for who asked: what time, a role or an
 * invalidation takes away is gone from the next search.
 */
import type { CapabilityView } from '@portcullis/wire';
import MiniSearch from 'minisearch';

interface Indexed {
  /** Of the definitions in it. */
  readonly key: string;
  readonly index: MiniSearch;
}

/** Words of a goal that are looked for, each once: the index walks all that hold a word for each time that it is asked. */
const MOST_WORDS = 24;

/** Indexes that are kept, those that were asked last. */
const KEPT = 32;

export class CapabilitySearch {
  #kept: readonly Indexed[] = [];

  find(
    visible: readonly CapabilityView[],
    goal: string,
    tags: readonly string[],
    limit: number,
  ): readonly CapabilityView[] {
    const fits = ({ tags: own = [] }: CapabilityView): boolean =>
      tags.every((tag) => own.includes(tag));
    if (goal.trim() === '') return visible.filter(fits).slice(0, limit);
    const byId = new Map(visible.map((view) => [view.id, view]));
    return this.#of(visible)
      .search(wordsOf(goal))
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
      .flatMap(({ id }) => byId.get(id) ?? [])
      .filter(fits)
      .slice(0, limit);
  }

  #of(visible: readonly CapabilityView[]): MiniSearch {
    const key = visible.map(({ id, digest }) => `${id} ${digest}`).join();
    const kept = this.#kept.find((one) => one.key === key) ?? { key, index: indexed(visible) };
    this.#kept = [kept, ...this.#kept.filter((one) => one !== kept)].slice(0, KEPT);
    return kept.index;
  }
}

function wordsOf(goal: string): string {
  const words = MiniSearch.getDefault('tokenize')(goal.normalize('NFKC').toLowerCase());
  return [...new Set(words)].slice(0, MOST_WORDS).join(' ');
}

function indexed(visible: readonly CapabilityView[]): MiniSearch {
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
  index.addAll(visible);
  return index;
}
