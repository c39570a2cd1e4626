/** Large results: in pieces, in turns, and without a trace where there was no room for all of them. */
import { describe, expect, it } from 'vitest';
import type { Vault } from '../journal/types.ts';
import { openMemoryVault } from '../journal/vault/memory-vault.ts';
import { readPage } from './page.ts';
import { readQuery } from './query.ts';
import { dropValue, getHead, getPiece, putValue } from './value.ts';

const MIB = 1024 * 1024;
const facts = { id: 'act_x', action: 'fs.read', labels: [], personal: false };
const vaultOf = (quotaBytes: number): Vault => openMemoryVault({ now: () => 0, quotaBytes });

/** Whether the tenant may still put so many bytes. */
function fits(vault: Vault, size: number): boolean {
  try {
    void vault.drop('t', vault.put('t', 'held', new Uint8Array(size), 1) as string);
    return true;
  } catch {
    return false;
  }
}

describe.each([
  ['one line', 'x'.repeat(3 * MIB)],
  ['many lines', 'x\n'.repeat(MIB)],
  ['a list', Array.from({ length: 3_000 }, (_, n) => `${n} `.padEnd(1_024, 'y'))],
])('%s', (_, data) => {
  it('comes back as it was, and goes whole', async () => {
    const vault = vaultOf(16 * MIB);
    const { name, bytes } = await putValue(
      vault,
      't',
      facts,
      { kind: 'value', value: data },
      1_000,
    );
    expect(fits(vault, 16 * MIB - bytes)).toBe(true);
    expect(fits(vault, 16 * MIB - bytes + 1)).toBe(false);
    const head = await getHead(vault, 't', name);
    const pieces = [];
    for (const [piece] of head?.pieces ?? [])
      pieces.push((await getPiece(vault, 't', piece)) ?? []);
    const rows = pieces.flat();
    expect(head?.rows).toBe(rows.length);
    expect(typeof data === 'string' ? rows.join('') : rows).toEqual(data);
    await dropValue(vault, 't', name, bytes);
    expect(fits(vault, 16 * MIB)).toBe(true);
  });

  it('leaves nothing behind where there is no room for all of it', async () => {
    const vault = vaultOf(4 * MIB);
    await expect(
      putValue(vault, 't', facts, { kind: 'value', value: data }, 1_000),
    ).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    expect(fits(vault, 4 * MIB)).toBe(true);
  });

  it('lets others have their turn between its pieces', async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await putValue(vaultOf(16 * MIB), 't', facts, { kind: 'value', value: data }, 1_000);
    done = true;
    expect(turns).toBeGreaterThan(1);
  });
  it('is looked through in turns, too', async () => {
    const vault = vaultOf(16 * MIB);
    const put = await putValue(vault, 't', facts, { kind: 'value', value: data }, 1_000);
    const head = (await getHead(vault, 't', put.name)) as NonNullable<
      Awaited<ReturnType<typeof getHead>>
    >;
    expect(head.pieces.length).toBeGreaterThan(1);
    let turns = 0;
    let done = false;
    const turn = (): void => {
      turns++;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    const query = readQuery({ filter: { none: 'nothing' } });
    expect(await readPage(vault, 't', head, query, MIB)).toMatchObject({ found: 0, rows: [] });
    done = true;
    expect(turns).toBeGreaterThan(0);
  });
});
