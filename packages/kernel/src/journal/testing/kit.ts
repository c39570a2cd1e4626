/** What the tests of the journal share: a data directory, a counting state, and records. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalRecord, Json } from '@portcullis/wire';
import { generateSigningKey } from '../../crypto/ed25519.ts';
import { type OpenedJournal, type OpenJournalOptions, openJournal } from '../opening/open.ts';
import type { Append, FoldedState, Journal } from '../types.ts';

export const KEY = generateSigningKey();
export const START = Date.parse('2026-01-01T00:00:00.000Z');

/** A state that remembers every record it saw: order, number and content of the fold. */
export class SeenState implements FoldedState {
  seen: string[] = [];
  loads = 0;

  apply(record: JournalRecord): void {
    this.seen.push(String(record.n ?? record.event));
  }

  save(): Json {
    return { seen: [...this.seen] };
  }

  load(json: Json): void {
    const { seen } = json as { seen: string[] };
    if (!Array.isArray(seen)) throw new Error('of another version');
    this.loads++;
    this.seen = [...seen];
  }
}

export interface Kit {
  readonly root: string;
  /** The directory of segments. */
  readonly dir: string;
  readonly options: (state: FoldedState, more?: Partial<OpenJournalOptions>) => OpenJournalOptions;
  readonly open: (
    more?: Partial<OpenJournalOptions>,
  ) => Promise<OpenedJournal & { state: SeenState }>;
  readonly messages: string[];
  /** The clock; set it. */
  now: number;
  readonly remove: () => void;
  /** A second kit over a copy of the files as they are now: what a power cut or a thief would hold. */
  readonly copy: () => Kit;
}

export function makeKit(from?: string): Kit {
  const root = mkdtempSync(join(tmpdir(), 'portcullis-journal-'));
  if (from !== undefined) cpSync(from, root, { recursive: true });
  const messages: string[] = [];
  const kit: Kit = {
    root,
    dir: join(root, 'journal'),
    messages,
    now: START,
    options: (state, more = {}) => ({
      dir: join(root, 'journal'),
      indexPath: join(root, 'index.sqlite'),
      lockPath: join(root, 'lock.sqlite'),
      node: 'node-1',
      durability: 'os',
      signer: { key: KEY, name: 'portcullis' },
      now: () => kit.now,
      onMessage: (level, message) => messages.push(`${level}: ${message}`),
      ...more,
      state,
    }),
    open: async (more = {}) => {
      const state = new SeenState();
      return { ...(await openJournal(kit.options(state, more))), state };
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
    copy: () => makeKit(root),
  };
  return kit;
}

/** Appends record `n` and keeps the state in step, as a kernel does. */
export function add(
  journal: Journal,
  state: SeenState,
  n: number,
  more: Partial<Append> & { fields?: Record<string, Json> } = {},
): Promise<void> {
  const { fields, ...rest } = more;
  const members = JSON.stringify({ id: `id-${n}`, n, ...fields }).slice(1, -1);
  const appended = journal.append({
    kind: 'decision',
    tenant: 'default',
    at: START + n,
    members,
    ...rest,
  });
  state.seen.push(String(n));
  return appended.durable;
}

export async function addMany(
  journal: Journal,
  state: SeenState,
  from: number,
  to: number,
): Promise<void> {
  const all: Promise<void>[] = [];
  for (let n = from; n <= to; n++) all.push(add(journal, state, n));
  await Promise.all(all);
}

export const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

export const segmentsOf = (kit: Kit): string[] =>
  readdirSync(kit.dir)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => join(kit.dir, name));

/** The lines of the only or the given segment, without line breaks. */
export function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

export function writeLines(path: string, lines: readonly string[]): void {
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
}
