/** What grants are made and held against: keys, the registry, and who delegated what. */
import { delegatorsStop } from '../capability/grants/delegators.ts';
import type { Granting } from '../capability/grants/granting.ts';
import { Mint } from '../capability/grants/mint.ts';
import { Proofs } from '../capability/grants/proof.ts';
import { GRANT_LIMITS } from '../capability/grants/terms.ts';
import { grantKeys } from '../capability/token/keys.ts';
import type { HostOptions } from '../host.ts';
import type { Folds } from './folds.ts';
import { nodeName, type Secrets } from './storage.ts';

export function grantingOf(
  options: HostOptions,
  keys: Secrets,
  { grants, capabilities, watched }: Folds,
  now: number,
): Granting {
  const ring = grantKeys(options.grants?.algorithm ?? 'ed25519', keys.grants, keys.grantSecret);
  return Object.freeze({
    mint: new Mint(ring, nodeName(options)),
    grants,
    proofs: new Proofs(now, grants.proven),
    book: capabilities,
    stopped: delegatorsStop(watched),
    limits: { ...GRANT_LIMITS, ...options.grants },
  });
}
