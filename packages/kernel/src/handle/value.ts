/**
 * What a handle names, as the vault holds it: masked rows, in pieces where there are many, behind a head that says what they are. Nothing in
 * it was hidden by the frame; no two are equal, so that letting one go never takes another's.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Json, Label } from '@portcullis/wire';
import type { MaybePromise } from '../action/types.ts';
import { linesOf, type Rows, rowsOf } from '../frame/rows.ts';
import type { Vault } from '../journal/types.ts';

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
  data: Json,
  ttl: number,
): MaybePromise<Kept> {
  if (typeof data === 'string' && data.length > PIECE)
    return putPieces(vault, tenant, facts, linesOf(data), ttl);
  const rows = rowsOf(data);
  const text = JSON.stringify(rows);
  if (text.length <= PIECE) {
    // The rows are JSON already: they are not written twice.
    const head = JSON.stringify({ ...facts, nonce: nonce(), rows: rows.length, pieces: [] });
    const bytes = encoder.encode(`${head.slice(0, -1)},"inline":${text}}`);
    const put = vault.put(tenant, KIND, bytes, ttl);
    const kept = (name: string): Kept => ({ name, bytes: bytes.length });
    return put instanceof Promise ? put.then(kept) : kept(put);
  }
  return putPieces(vault, tenant, facts, rows, ttl);
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
    if (this.#texts.length > 0) await this.#write();
    const head = { ...facts, nonce: nonce(), rows: this.#rows, pieces: this.#pieces };
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
    const text = `{"nonce":"${nonce()}","rows":[${this.#texts.join(',')}]}`;
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
  return (await parsed(vault, tenant, name)) as unknown as ValueHead | undefined;
}

export async function getPiece(
  vault: Vault,
  tenant: string,
  name: string,
): Promise<Rows | undefined> {
  const piece = await parsed(vault, tenant, name);
  return piece?.rows as Rows | undefined;
}

/** All of it, head and pieces. */
export async function dropValue(vault: Vault, tenant: string, name: string): Promise<void> {
  const head = await getHead(vault, tenant, name);
  for (const [piece] of head?.pieces ?? []) await vault.drop(tenant, piece);
  await vault.drop(tenant, name);
}

async function parsed(
  vault: Vault,
  tenant: string,
  name: string,
): Promise<{ readonly [key: string]: Json } | undefined> {
  const bytes = await vault.get(tenant, name);
  return bytes === undefined ? undefined : JSON.parse(decoder.decode(bytes));
}

const nonce = (): string => randomBytes(16).toString('base64url');
