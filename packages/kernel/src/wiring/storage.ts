/** Where a kernel keeps things: its keys, its journal, its vault; in a data directory, or in memory and gone at close. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  generateSigningKey,
  loadOrCreateSecret,
  loadOrCreateSigningKey,
  type SigningKey,
} from '../crypto/index.ts';
import type { HostOptions } from '../host.ts';
import { openJournal, openMemoryJournal, openMemoryVault, openVault } from '../journal/index.ts';
import type { Recovery } from '../journal/opening/open.ts';
import type { Journal, Vault } from '../journal/types.ts';
import type { KernelState } from '../state/state.ts';

export interface Secrets {
  readonly signing: SigningKey;
  readonly salt: Buffer;
  readonly vault: Buffer;
  /** What grants are signed with, and what they are tagged with: none of the keys above. */
  readonly grants: SigningKey;
  readonly grantSecret: Buffer;
}

/** The keys of a data directory, made on first use; fresh ones where there is none. Throws an Error where the salt of a journal is gone. */
export function secrets(dataDir: string | undefined): Secrets {
  if (dataDir === undefined)
    return {
      signing: generateSigningKey(),
      salt: randomBytes(32),
      vault: randomBytes(32),
      grants: generateSigningKey(),
      grantSecret: randomBytes(32),
    };
  const key = (name: string): string => join(dataDir, 'keys', name);
  // What records say by commitment, a new salt would not know again: what ran would run twice, what was labelled be plain.
  if (existsSync(join(dataDir, 'journal')) && !existsSync(key('salt')))
    throw new Error(`${key('salt')} is missing, and the journal was made with it: put it back`);
  return {
    signing: loadOrCreateSigningKey(key('signing.pem')),
    salt: loadOrCreateSecret(key('salt')),
    vault: loadOrCreateSecret(key('vault')),
    grants: loadOrCreateSigningKey(key('grants.pem')),
    grantSecret: loadOrCreateSecret(key('grants')),
  };
}

export interface Storage {
  readonly journal: Journal;
  readonly vault: Vault;
  /** What opening found wrong, in words. */
  readonly findings: readonly string[];
}

export const nodeName = ({ node }: HostOptions): string =>
  node ??
  (hostname()
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 64) ||
    'node');

/** What the vault keeps for a tenant, in bytes. */
export const vaultBytesOf = ({ vaultBytes }: HostOptions): number =>
  vaultBytes ?? 1024 * 1024 * 1024;

/** Opens journal and vault; the state is folded when this returns. Throws `already_running`. */
export async function storage(
  options: HostOptions,
  dataDir: string | undefined,
  keys: Secrets,
  state: KernelState,
  now: () => number,
): Promise<Storage> {
  const signer = { key: keys.signing, name: 'portcullis' };
  const node = nodeName(options);
  const onMessage = options.onMessage ?? (() => {});
  const quotaBytes = vaultBytesOf(options);
  if (dataDir === undefined) {
    return {
      journal: openMemoryJournal({ node, signer }),
      vault: openMemoryVault({ now, quotaBytes }),
      findings: [],
    };
  }
  const durability = options.durability ?? 'os';
  const { journal, recovery } = await openJournal({
    dir: join(dataDir, 'journal'),
    indexPath: join(dataDir, 'index.sqlite'),
    lockPath: join(dataDir, 'lock.sqlite'),
    node,
    durability,
    grouping: options.grouping ?? 'tick',
    signer,
    now,
    state,
    onMessage,
    ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
    ...(options.retention === undefined ? {} : { retention: options.retention }),
  });
  try {
    const vault = openVault({
      path: join(dataDir, 'vault.sqlite'),
      key: keys.vault,
      now,
      quotaBytes,
      synchronous: durability === 'fsync' ? 'FULL' : 'NORMAL',
      onMessage,
    });
    return { journal, vault, findings: findings(recovery) };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

export async function release({
  journal,
  vault,
}: Pick<Storage, 'journal' | 'vault'>): Promise<void> {
  await journal.close();
  vault.close();
}

function findings({ lost, older, problem }: Recovery): string[] {
  const found: string[] = [];
  if (problem !== undefined) {
    found.push(`journal: damaged, and so not written: ${problem.segment}: ${problem.message}`);
  }
  if (lost !== undefined) {
    found.push(
      `journal: records ${lost.have + 1} to ${lost.known} are lost, though a checkpoint knows them`,
    );
  }
  if (older !== undefined) {
    found.push(
      `journal: it is older than its index, by records ${older.have + 1} to ${older.known}: what was revoked or used in them is not known`,
    );
  }
  return found;
}
