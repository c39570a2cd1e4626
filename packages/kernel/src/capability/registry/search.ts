/**
 * Ranked search over capabilities that somebody may see, and over nothing else: the statistics that rank are of the visible ones, so neither order nor
 * number tells of the others. BM25+ by MiniSearch; an index is kept for what is visible and not for who asked: what time, a role or an
 * invalidation takes away is gone from the next search.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { CapabilityView } from '@portcullis/wire';
import MiniSearch from 'minisearch';

interface Indexed {
  /** Of the definitions in it. */
  readonly digests: readonly string[];
  readonly index: Promise<MiniSearch>;
}

/** Words of a goal that are looked for, each once: the index walks all that hold a word for each time that it is asked. */
const MOST_WORDS = 24;

/** Indexes that are kept, those that were asked last. */
const KEPT = 32;
/** Definitions that are indexed in one turn of the event loop. */
const AT_ONCE = 250;

export class CapabilitySearch {
  #kept: readonly Indexed[] = [];

  async find(
    visible: readonly CapabilityView[],
    goal: string,
    tags: readonly string[],
    limit: number,
  ): Promise<readonly CapabilityView[]> {
    const fits = ({ tags: own = [] }: CapabilityView): boolean =>
      tags.every((tag) => own.includes(tag));
    if (goal.trim() === '') return visible.filter(fits).slice(0, limit);
    const index = await this.#of(visible);
    const byId = new Map(visible.map((view) => [view.id, view]));
    return index
      .search(wordsOf(goal))
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
      .flatMap(({ id }) => byId.get(id) ?? [])
      .filter(fits)
      .slice(0, limit);
  }

  /** Who asks while it is made waits for the same. */
  #of(visible: readonly CapabilityView[]): Promise<MiniSearch> {
    const same = ({ digests }: Indexed): boolean =>
      digests.length === visible.length &&
      visible.every(({ digest }, at) => digest === digests[at]);
    const kept = this.#kept.find(same) ?? {
      digests: visible.map(({ digest }) => digest),
      index: indexed(visible),
    };
    this.#kept = [kept, ...this.#kept.filter((one) => one !== kept)].slice(0, KEPT);
    return kept.index;
  }
}

/** Words of a goal that say nothing of it: nearly every description has one of them. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(
  `a an and any are as at be by can could do for from has have how i if in into is it its
  me my need of on or our please should so some that the their them then there these they this to
  us want was we what when where which who will with would you your`.split(/\s+/),
);

function wordsOf(goal: string): string {
  const all = [
    ...new Set<string>(MiniSearch.getDefault('tokenize')(goal.normalize('NFKC').toLowerCase())),
  ];
  const telling = all.filter((word) => word !== '' && !SAYS_NOTHING.has(word));
  return (telling.length > 0 ? telling : all).slice(0, MOST_WORDS).join(' ');
}

async function indexed(visible: readonly CapabilityView[]): Promise<MiniSearch> {
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
  for (let at = 0; at < visible.length; at += AT_ONCE) {
    if (at > 0) await turn();
    index.addAll(visible.slice(at, at + AT_ONCE));
  }
  return index;
}
