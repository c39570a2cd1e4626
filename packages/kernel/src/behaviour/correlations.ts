/**
 * How far sequences have come over several sessions and principals of a tenant: for each step that others wait for, under what joins it to the next, who came
 * so far and when it began, the latest. A fold of the journal, so a restart forgets nothing; what is older than its rule's time goes, and is bounded besides.
 *
 * INVARIANT: nothing that is in time is forgotten to make room. What has no room counts under every join of its step.
 */
import type { JournalRecord, Json } from '@portcullis/wire';
import { timeOf } from '../record/time.ts';
import type { Fold } from '../state/fold.ts';

/** One who came so far. */
export interface Arrival {
  /** A principal, or a session where the next step asks for another session. */
  readonly who: string;
  /** When the sequence began, milliseconds since the epoch. */
  readonly began: number;
}

/** One step taken, to be found under each of the joins. */
export interface Taken extends Arrival {
  /** The rule's key and the step's number. */
  readonly link: string;
  /** Milliseconds that it counts. */
  readonly time: number;
  /** How many different ones are told apart. */
  readonly keep: number;
  readonly joins: readonly string[];
}

interface Link {
  readonly time: number;
  readonly keep: number;
  /** By join, the one that was added to longest ago first. */
  readonly cells: Map<string, readonly Arrival[]>;
  /** What had no room. */
  spilled: readonly Arrival[];
}

interface Tenant {
  cells: number;
  readonly links: Map<string, Link>;
}

/** Joins that are kept for one tenant. */
const MOST = 20_000;

export class Correlations implements Fold {
  readonly name = 'correlations';
  readonly #most: number;
  readonly #tenants = new Map<string, Tenant>();

  constructor(most = MOST) {
    this.#most = most;
  }

  /** Joins kept of a tenant. */
  size(tenant: string): number {
    return this.#tenants.get(tenant)?.cells ?? 0;
  }

  /** Everybody who came so far under this join and is in time; each once, the latest first. */
  arrivals(tenant: string, link: string, join: string, now: number): readonly Arrival[] {
    const found = this.#tenants.get(tenant)?.links.get(link);
    if (found === undefined) return NOBODY;
    const cell = found.cells.get(join) ?? NOBODY;
    const all = found.spilled.length === 0 ? cell : merged([...found.spilled, ...cell]);
    return all.filter(({ began }) => now - began <= found.time);
  }

  take(tenant: string, taken: readonly Taken[], now: number): void {
    if (taken.length === 0) return;
    let state = this.#tenants.get(tenant);
    if (state === undefined) {
      state = { cells: 0, links: new Map() };
      this.#tenants.set(tenant, state);
    }
    for (const { link: name, time, keep, joins, who, began } of taken) {
      let link = state.links.get(name);
      if (link === undefined) {
        link = { time, keep, cells: new Map(), spilled: NOBODY };
        state.links.set(name, link);
      }
      for (const join of joins) {
        const before = link.cells.get(join);
        link.cells.delete(join);
        link.cells.set(join, merged([{ who, began }, ...(before ?? NOBODY)]).slice(0, keep));
        if (before === undefined) state.cells += 1;
      }
    }
    if (state.cells > this.#most) makeRoom(state, this.#most, now);
  }

  // ---- the fold

  apply(record: JournalRecord): void {
    if (record.kind !== 'decision' || record.across === undefined) return;
    const at = timeOf(record);
    this.take(record.tenant, takenOf(record), at);
  }

  save(): Json {
    return [...this.#tenants].map(([tenant, { links }]) => [
      tenant,
      [...links].map(([name, { time, keep, cells, spilled }]) => [
        name,
        time,
        keep,
        rowsOf(spilled),
        [...cells].map(([join, came]) => [join, rowsOf(came)]),
      ]),
    ]) as unknown as Json;
  }

  load(json: Json): void {
    type Rows = [string, number][];
    type Saved = [string, [string, number, number, Rows, [string, Rows][]][]][];
    this.#tenants.clear();
    for (const [tenant, links] of json as unknown as Saved) {
      const state: Tenant = { cells: 0, links: new Map() };
      for (const [name, time, keep, spilled, cells] of links) {
        const made = new Map(cells.map(([join, rows]) => [join, arrivalsOf(rows)]));
        state.cells += made.size;
        state.links.set(name, { time, keep, cells: made, spilled: arrivalsOf(spilled) });
      }
      this.#tenants.set(tenant, state);
    }
  }
}

const NOBODY: readonly Arrival[] = Object.freeze([]);

/** Each once, with its latest beginning; the latest first. */
function merged(all: readonly Arrival[]): readonly Arrival[] {
  const latest = new Map<string, Arrival>();
  for (const one of all) {
    const known = latest.get(one.who);
    if (known === undefined || known.began < one.began) latest.set(one.who, one);
  }
  return [...latest.values()].sort((a, b) => b.began - a.began);
}

/** What is over goes; then, of the step with the most, what was added to longest ago: it is spilled. */
function makeRoom(state: Tenant, most: number, now: number): void {
  for (const [name, link] of state.links) {
    for (const [join, came] of link.cells) {
      if (now - (came[0]?.began ?? 0) <= link.time) break;
      link.cells.delete(join);
      state.cells -= 1;
    }
    link.spilled = link.spilled.filter(({ began }) => now - began <= link.time);
    if (link.cells.size === 0 && link.spilled.length === 0) state.links.delete(name);
  }
  while (state.cells > most) {
    let largest: Link | undefined;
    for (const link of state.links.values())
      if (largest === undefined || link.cells.size > largest.cells.size) largest = link;
    const [oldest] = largest?.cells ?? [];
    if (largest === undefined || oldest === undefined) return;
    largest.cells.delete(oldest[0]);
    largest.spilled = merged([...largest.spilled, ...oldest[1]]).slice(0, largest.keep);
    state.cells -= 1;
  }
}

const rowsOf = (arrivals: readonly Arrival[]): Json =>
  arrivals.map(({ who, began }) => [who, began]);

const arrivalsOf = (rows: readonly (readonly [string, number])[]): readonly Arrival[] =>
  rows.map(([who, began]) => ({ who, began }));

/** Of a decision's record: rows of [step, time, different ones, `principal` or `session`, beginning, join…]; who it was, the record says itself. */
export const arrivalsMember = (taken: readonly Taken[], session: string): Json =>
  taken.map(({ link, time, keep, who, began, joins }) => [
    link,
    time,
    keep,
    who === session ? 'session' : 'principal',
    began,
    ...joins,
  ]);

function takenOf(record: JournalRecord): readonly Taken[] {
  type Row = [string, number, number, 'principal' | 'session', number, ...string[]];
  return (record.across as unknown as Row[]).map(([link, time, keep, by, began, ...joins]) => ({
    link,
    time,
    keep,
    who: record[by] as string,
    began,
    joins,
  }));
}
