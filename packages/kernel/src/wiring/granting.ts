/** What grants are made and held against: keys, the registry, the session stage, and who delegated what. */
import { delegatorsStop } from '../capability/grants/delegators.ts';
import type { Granting } from '../capability/grants/granting.ts';
import { Mint } from '../capability/grants/mint.ts';
import { Proofs } from '../capability/grants/proof.ts';
import { GRANT_LIMITS } from '../capability/grants/terms.ts';
import { grantKeys } from '../capability/token/keys.ts';
import type { HostOptions } from '../host.ts';
import type { Registry } from '../provider/types.ts';
import { driftGauge } from '../session/drift.ts';
import { type EffectOf, sessionGuard } from '../session/guard.ts';
import type { Lasting } from './lasting.ts';
import { nodeName, type Secrets } from './storage.ts';

export function grantingOf(
  options: HostOptions,
  keys: Secrets,
  { definition }: Registry,
  { grants, capabilities, state }: Lasting,
  now: number,
  sessionOf: Granting['sessionOf'],
): Granting {
  const effectOf: EffectOf = (action) => definition(action)?.effect ?? 'destructive';
  const drift = options.drift === false ? undefined : driftGauge(options.drift ?? {});
  const ring = grantKeys(options.grants?.algorithm ?? 'ed25519', keys.grants, keys.grantSecret);
  return Object.freeze({
    mint: new Mint(ring, nodeName(options)),
    grants,
    proofs: new Proofs(now),
    book: capabilities,
    stopped: delegatorsStop(state.sessions, state.invalidations, effectOf),
    limits: { ...GRANT_LIMITS, ...options.grants },
    session: sessionGuard(effectOf, state.invalidations, drift),
    sessionOf,
  });
}
