/**
 * What a handle names, as the vault holds it: masked rows, in pieces where there are many, behind a head that says what they are. Nothing in
 * it was hidden by the frame; no two are equal, so that letting one go never takes another's.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Json, Label } from '@portcullis/wire';
import type { MaybePromise } from '../action/types.ts';
import { randomText } from '../crypto/random.ts';
import { recordsOf, type Whole } from '../frame/columns.ts';
import { linesOf, type Rows, rowsOf } from '../frame/rows.ts';
import type { Vault } from '../journal/types.ts';
import { type PackedHead, pack, unpack } from './packed.ts';

export interface ValueHead {
  /** Id and name of the action whose result it is. */
  readonly id: string;
  readonly action: string;
  readonly labels: readonly Label[];
  /** Personal data is masked, and stays so. */
  readonly personal: boolean;
  readonly fields?: readonly string[];
  /** Rows in all. */
  readonly rows: number;
  /** The rows themselves, where they are few. */
  readonly inline?: Rows;
  /** The vault's name of each piece, and its rows. */
  readonly pieces: readonly (readonly [name: string, rows: number])[];
}

export type ValueFacts = Pick<ValueHead, 'id' | 'action' | 'labels' | 'personal' | 'fields'>;

const KIND = 'handle';
/** UTF-16 units of JSON that stay together. */
const PIECE = 1024 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface Kept {
  /** The vault's name of the head. */
  readonly name: string;
  /** Of head and pieces. */
  readonly bytes: number;
}

/** Throws where the vault has no room. */
export function putValue(
  vault: Vault,
  tenant: string,
  facts: ValueFacts,
  whole: Whole,
  ttl: number,
): MaybePromise<Kept> {
  if (whole.kind === 'value') return putRows(vault, tenant, facts, whole.value, ttl);
  const { columns } = whole;
  const done = pack(columns);
  if (done === undefined || done.texts.length > PIECE)
    return putRows(vault, tenant, facts, recordsOf(columns), ttl);
  const { packed, texts } = done;
  const head = { ...facts, nonce: randomText(), rows: columns.rows, pieces: [], packed };
  const text = `${JSON.stringify(head)}\n${texts}`;
  return text.length <= PIECE
    ? putWhole(vault, tenant, text, ttl)
    : putPieces(vault, tenant, facts, recordsOf(columns), ttl);
}

function putRows(
  vault: Vault,
  tenant: string,
  facts: ValueFacts,
  data: Json,
  ttl: number,
): MaybePromise<Kept> {
  if (typeof data === 'string' && data.length > PIECE)
    return putPieces(vault, tenant, facts, linesOf(data), ttl);
  const rows = rowsOf(data);
  const text = JSON.stringify(rows);
  if (text.length > PIECE) return putPieces(vault, tenant, facts, rows, ttl);
  return putWhole(vault, tenant, inline(facts, rows.length, text), ttl);
}

/** The rows are JSON already: they are not written twice. */
function inline(facts: ValueFacts, count: number, rows: string): string {
  const head = JSON.stringify({ ...facts, nonce: randomText(), rows: count, pieces: [] });
  return `${head.slice(0, -1)},"inline":${rows}}`;
}

function putWhole(vault: Vault, tenant: string, text: string, ttl: number): MaybePromise<Kept> {
  const bytes = Buffer.from(text);
  const put = vault.put(tenant, KIND, bytes, ttl);
  const kept = (name: string): Kept => ({ name, bytes: bytes.length });
  return put instanceof Promise ? put.then(kept) : kept(put);
}

async function putPieces(
  vault: Vault,
  tenant: string,
  facts: ValueFacts,
  rows: Iterable<Json>,
  ttl: number,
): Promise<Kept> {
  const writer = new ValueWriter(vault, tenant, ttl);
  try {
    for (const row of rows) {
      const full = writer.add(row);
      if (full === undefined) continue;
      await full;
      // Writing a large result is a second's work: others have their turn between its pieces.
      await turn();
    }
    return await writer.finish(facts);
  } catch (error) {
    await writer.drop();
    throw error;
  }
}

/** Writes rows as they come, holding no more than one piece. */
export class ValueWriter {
  readonly #vault: Vault;
  readonly #tenant: string;
  readonly #ttl: number;
  readonly #pieces: (readonly [string, number])[] = [];
  #texts: string[] = [];
  #size = 0;
  #rows = 0;
  #bytes = 0;

  constructor(vault: Vault, tenant: string, ttl: number) {
    this.#vault = vault;
    this.#tenant = tenant;
    this.#ttl = ttl;
  }

  /** A promise where a piece has to be written first. */
  add(row: Json): Promise<void> | undefined {
    const text = JSON.stringify(row);
    this.#texts.push(text);
    this.#size += text.length;
    return this.#size >= PIECE ? this.#write() : undefined;
  }

  async finish(facts: ValueFacts): Promise<Kept> {
    if (this.#pieces.length === 0) {
      const text = inline(facts, this.#texts.length, `[${this.#texts.join(',')}]`);
      return putWhole(this.#vault, this.#tenant, text, this.#ttl);
    }
    if (this.#texts.length > 0) await this.#write();
    const head = { ...facts, nonce: randomText(), rows: this.#rows, pieces: this.#pieces };
    const name = await this.#put(JSON.stringify(head));
    return { name, bytes: this.#bytes };
  }

  /** It is not to be kept. */
  async drop(): Promise<void> {
    this.#texts = [];
    for (const [name] of this.#pieces.splice(0)) await this.#vault.drop(this.#tenant, name);
  }

  async #write(): Promise<void> {
    const rows = this.#texts.length;
    const text = `{"nonce":"${randomText()}","rows":[${this.#texts.join(',')}]}`;
    this.#texts = [];
    this.#size = 0;
    const name = await this.#put(text);
    this.#pieces.push([name, rows]);
    this.#rows += rows;
  }

  async #put(text: string): Promise<string> {
    const bytes = encoder.encode(text);
    const name = await this.#vault.put(this.#tenant, KIND, bytes, this.#ttl);
    this.#bytes += bytes.length;
    return name;
  }
}

export async function getHead(
  vault: Vault,
  tenant: string,
  name: string,
): Promise<ValueHead | undefined> {
  const text = await read(vault, tenant, name);
  if (text === undefined) return undefined;
  const end = text.indexOf('\n');
  if (end === -1) return JSON.parse(text);
  const { packed, ...head } = JSON.parse(text.slice(0, end)) as ValueHead & {
    readonly packed: PackedHead;
  };
  return { ...head, inline: unpack(packed, text.slice(end + 1), head.rows) };
}

export async function getPiece(
  vault: Vault,
  tenant: string,
  name: string,
): Promise<Rows | undefined> {
  const text = await read(vault, tenant, name);
  return text === undefined ? undefined : (JSON.parse(text).rows as Rows);
}

/** All of it, head and pieces. `bytes`: as it was kept; 0 where nobody knows. */
export async function dropValue(
  vault: Vault,
  tenant: string,
  name: string,
  bytes: number,
): Promise<void> {
  // Less than one piece has none: nothing has to be read to let it go.
  const head = bytes > 0 && bytes < PIECE ? undefined : await getHead(vault, tenant, name);
  for (const [piece] of head?.pieces ?? []) await vault.drop(tenant, piece);
  await vault.letGo(tenant, name);
}

async function read(vault: Vault, tenant: string, name: string): Promise<string | undefined> {
  const bytes = await vault.get(tenant, name);
  return bytes === undefined ? undefined : decoder.decode(bytes);
}
