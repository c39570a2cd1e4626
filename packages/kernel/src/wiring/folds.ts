/** What must survive a restart: each part a fold over the journal, and the state that they make together. */
import { APPROVAL_LIMITS, Approvals } from '../approval/approvals.ts';
import { Correlations } from '../behaviour/correlations.ts';
import { Sequences } from '../behaviour/sequences.ts';
import { MemoryRates } from '../budget/index.ts';
import { Ledger } from '../budget/ledger.ts';
import { actionBook } from '../capability/action-book.ts';
import { delegatorsStopped, type Watched } from '../capability/grants/delegators.ts';
import { Grants } from '../capability/grants/grants.ts';
import { classRates } from '../capability/rates.ts';
import { BUILT_IN } from '../capability/registry/builtin.ts';
import { fixedResources } from '../capability/registry/canonical.ts';
import { ConfiguredCapabilities } from '../capability/registry/configured.ts';
import { CapabilityRegistry } from '../capability/registry/registry.ts';
import { Delegations } from '../flow/delegations.ts';
import { StoredLabels } from '../flow/stored/stored-labels.ts';
import { Vouched } from '../flow/vouched.ts';
import { SessionTokens } from '../frame/session-tokens.ts';
import { Handles } from '../handle/handles.ts';
import type { HostOptions } from '../host.ts';
import { handleRoomOf } from '../journal/vault/room.ts';
import type { Registry } from '../provider/types.ts';
import { effectsOf } from '../session/effects.ts';
import { KernelState } from '../state/state.ts';
import { vaultBytesOf } from './storage.ts';

export interface Folds {
  readonly grants: Grants;
  readonly handles: Handles;
  readonly tokens: SessionTokens;
  readonly delegations: Delegations;
  readonly stored: StoredLabels;
  readonly vouched: Vouched;
  readonly approvals: Approvals;
  readonly ledger: Ledger;
  readonly capabilities: CapabilityRegistry;
  readonly configured: ConfiguredCapabilities;
  readonly sequences: Sequences;
  readonly correlations: Correlations;
  readonly state: KernelState;
  /** Where it is seen whether a delegator is stopped. */
  readonly watched: Watched;
}

export function foldsOf(options: HostOptions, registry: Registry, startDir: string): Folds {
  const grants: Grants = new Grants((terms) => stopped(terms));
  const configured = new ConfiguredCapabilities(
    options.capabilities ?? [],
    options.capabilityFiles ?? [],
    options.onMessage ?? (() => {}),
  );
  const parts = {
    grants,
    // Behind grants: what is revoked takes its handles along.
    handles: new Handles(
      {
        perPrincipal: options.handles?.perPrincipal ?? 10_000,
        perTenant: options.handles?.perTenant ?? 100_000,
        bytes: handleRoomOf(vaultBytesOf(options)),
      },
      (grant) => grants.isFallen(grant),
    ),
    tokens: new SessionTokens(options.sessionTokens),
    delegations: new Delegations(),
    stored: new StoredLabels(),
    vouched: new Vouched(),
    approvals: new Approvals({ ...APPROVAL_LIMITS, ...options.approvals }),
    ledger: new Ledger(),
    capabilities: capabilitiesOf(options, configured, registry, startDir),
    sequences: new Sequences(),
    correlations: new Correlations(),
  };
  // Folded in the order in which they stand.
  const state = new KernelState(new MemoryRates(), Object.values(parts));
  const { sessions, invalidations } = state;
  const watched = { sessions, invalidations, effectOf: effectsOf(registry) };
  const stopped = delegatorsStopped(
    watched,
    ({ capability, tenant }) => parts.capabilities.find(capability, tenant)?.action ?? '',
  );
  return Object.freeze({ ...parts, configured, state, watched });
}

const capabilitiesOf = (
  options: HostOptions,
  configured: ConfiguredCapabilities,
  { definition, definitions }: Registry,
  startDir: string,
): CapabilityRegistry =>
  new CapabilityRegistry({
    actions: actionBook(definitions),
    builtIn: BUILT_IN,
    configured: configured.definitions,
    rates: classRates(options.capabilityRates),
    hasProvider: (action) => definition(action) !== undefined,
    canonical: fixedResources(definition, startDir),
  });
