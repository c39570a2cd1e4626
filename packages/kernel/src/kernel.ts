/** The wiring: which part stands where. Everything else is given its neighbours from here. */
import { hash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Json, JsonObject, Kernel, PermitClaims } from '@portcullis/wire';
import { APPROVAL_LIMITS, Approvals } from './approval/approvals.ts';
import { approvalGuard } from './approval/guard.ts';
import { Carried } from './behaviour/carried.ts';
import { Correlations } from './behaviour/correlations.ts';
import { type Behaviours, behaviourGuard } from './behaviour/guard.ts';
import { Sequences } from './behaviour/sequences.ts';
import { MemoryRates } from './budget/index.ts';
import { Ledger } from './budget/ledger.ts';
import { builtins, programsWrite, sandboxOf } from './builtins.ts';
import { actionBook } from './capability/action-book.ts';
import { delegatorsStop } from './capability/grants/delegators.ts';
import type { Granting } from './capability/grants/granting.ts';
import { Grants } from './capability/grants/grants.ts';
import { Mint } from './capability/grants/mint.ts';
import { Proofs } from './capability/grants/proof.ts';
import { GRANT_LIMITS } from './capability/grants/terms.ts';
import { capabilityGuard } from './capability/guard.ts';
import { classRates } from './capability/rates.ts';
import { BUILT_IN } from './capability/registry/builtin.ts';
import { fixedResources } from './capability/registry/canonical.ts';
import { readCapabilityFiles } from './capability/registry/files.ts';
import { CapabilityRegistry } from './capability/registry/registry.ts';
import { CapabilitySearch } from './capability/registry/search.ts';
import { grantKeys } from './capability/token/keys.ts';
import { commit, readPermit, signPermit } from './crypto/index.ts';
import { rehearsal } from './denial/rehearse.ts';
import { EventStream } from './events.ts';
import { Delegations } from './flow/delegations.ts';
import { Flows } from './flow/flows.ts';
import { flowGuard } from './flow/guard.ts';
import { labelPaths, loadLabels } from './flow/label-set.ts';
import { sealer } from './flow/stored/seal.ts';
import { StoredLabels } from './flow/stored/stored-labels.ts';
import { FlowView } from './flow/view.ts';
import { Vouched } from './flow/vouched.ts';
import { SessionTokens } from './frame/session-tokens.ts';
import { FRAME_BUDGETS } from './frame/types.ts';
import { admissionStage } from './gate/admission.ts';
import { Gate } from './gate/gate.ts';
import type { Caller, Evaluation } from './gate/guard.ts';
import { modifier } from './gate/modify.ts';
import { arrange } from './gate/order.ts';
import { openPermitOffice } from './gate/permit.ts';
import { budgetStage, invariantsStage, permitStage, policyStage } from './gate/stages.ts';
import { Handles } from './handle/handles.ts';
import { dropValue } from './handle/value.ts';
import type {
  AdminAction,
  CreateKernelOptions,
  HostOptions,
  KernelHost,
  Vouching,
} from './host.ts';
import { handleRoomOf } from './journal/room.ts';
import { ownerCaller } from './owner.ts';
import type { Parts } from './parts.ts';
import { PRESETS } from './policy/index.ts';
import { PolicyOrigin, policyFiles } from './policy-origin.ts';
import { createRegistry } from './provider/index.ts';
import type { Provider } from './provider/types.ts';
import { eventMembers } from './record/event.ts';
import { driftGauge } from './session/drift.ts';
import { type EffectOf, sessionGuard } from './session/guard.ts';
import { lifeOf } from './session/life.ts';
import { KernelState } from './state/state.ts';
import { nodeName, secrets, storage, vaultBytesOf } from './storage.ts';
import { administer } from './verbs/administer.ts';
import { sweepApprovals } from './verbs/approvals.ts';
import { bind } from './verbs/bind.ts';
import { SessionSweep } from './verbs/expire.ts';
import { settleInterrupted, sweepUnreported } from './verbs/host-executed.ts';
import { Recall } from './verbs/idempotent.ts';
import { sessionOf } from './verbs/sessions.ts';
import { status } from './verbs/status.ts';
import { readVouched, vouch } from './verbs/vouch.ts';

/** How often what the host never reported is looked for, and the vault swept. */
const UPKEEP = 1_000;

export async function openHost(options: HostOptions = {}): Promise<KernelHost> {
  const now = options.now ?? Date.now;
  const onMessage = options.onMessage ?? (() => {});
  const startDir = realpathSync(options.startDir ?? process.cwd());
  const dataDir = options.dataDir === undefined ? undefined : resolve(options.dataDir);
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true, mode: 0o700 });

  const reach = [
    ...(dataDir === undefined ? [] : [dataDir]),
    ...policyFiles(options.policy),
    ...labelPaths(options.labels),
    ...(options.capabilityFiles ?? []).map((path) => resolve(path)),
    ...(options.outOfReach ?? []),
  ];
  const providers = [...builtins(options, startDir, reach), ...(options.providers ?? [])];
  const registry = createRegistry(providers);
  const declaredParams = (action: string) => registry.definition(action)?.params;
  const origin = new PolicyOrigin({
    policy: options.policy,
    startDir,
    declaredParams,
    presets: PRESETS,
    onMessage,
  });
  const keys = secrets(dataDir);
  const tokens = new SessionTokens(options.sessionTokens);
  const delegations = new Delegations();
  const stored = new StoredLabels();
  const vouched = new Vouched();
  const grants = new Grants();
  const handles = new Handles(
    {
      perPrincipal: options.handles?.perPrincipal ?? 10_000,
      perTenant: options.handles?.perTenant ?? 100_000,
      bytes: handleRoomOf(vaultBytesOf(options)),
    },
    (grant) => grants.isOver(grant),
  );
  const ledger = new Ledger();
  const sequences = new Sequences();
  const correlations = new Correlations();
  const capabilities = new CapabilityRegistry({
    actions: actionBook(registry.definitions),
    builtIn: BUILT_IN,
    configured: [
      ...(options.capabilities ?? []),
      ...readCapabilityFiles(options.capabilityFiles ?? []),
    ],
    rates: classRates(options.capabilityRates),
    hasProvider: (action) => registry.definition(action) !== undefined,
    canonical: fixedResources(registry.definition, startDir),
  });
  const approvals = new Approvals({ ...APPROVAL_LIMITS, ...options.approvals });
  const state = new KernelState(new MemoryRates(), [
    grants,
    // Behind grants: what is revoked takes its handles along.
    handles,
    tokens,
    delegations,
    stored,
    vouched,
    approvals,
    ledger,
    capabilities,
    sequences,
    correlations,
  ]);
  const { journal, vault, findings } = await storage(options, dataDir, keys, state, now);

  const flows = new Flows(
    loadLabels(options.labels),
    (session) => origin.current.for(session.preset).asksOrigins,
    {
      delegations,
      stored,
      vouched,
      seal: sealer(keys.salt),
      startDir,
      programsWrite: programsWrite(options, startDir),
    },
  );
  await vouched.recall((tenant, name) => readVouched(vault, tenant, name));
  const events = new EventStream();
  const office = openPermitOffice();
  const permitTtl = options.permitTtl ?? 30_000;
  const life = lifeOf(options.sessions);
  const behaviours: Behaviours = Object.freeze({
    sequences,
    carried: new Carried(),
    correlations,
    sights: state.sights,
    commit: (text: string) => commit(keys.salt, hash('sha256', text, 'hex')).slice(0, 32),
  });
  const sessions = { journal, state, events, now, flows, behaviours, life };
  const effectOf: EffectOf = (action) => registry.definition(action)?.effect ?? 'destructive';
  const session = sessionGuard(
    effectOf,
    state.invalidations,
    options.drift === false ? undefined : driftGauge(options.drift ?? {}),
  );
  const limits = { ...GRANT_LIMITS, ...options.grants };
  const ring = grantKeys(options.grants?.algorithm ?? 'ed25519', keys.grants, keys.grantSecret);
  const granting: Granting = Object.freeze({
    mint: new Mint(ring, nodeName(options)),
    grants,
    proofs: new Proofs(now()),
    book: capabilities,
    stopped: delegatorsStop(state.sessions, state.invalidations, effectOf),
    limits,
    session,
    sessionOf: (ev: Evaluation, id: string | undefined) => sessionOf(sessions, ev, id),
  });
  const gate = new Gate(
    arrange({
      admission: admissionStage({
        registry,
        startDir,
        frozen: () => state.frozen,
        scopes: origin.scopes,
        session: (ev, id) => sessionOf(sessions, ev, id),
        flow: (session) => new FlowView(flows, session),
      }),
      session,
      invariants: invariantsStage(origin.current),
      capability: capabilityGuard(granting),
      policy: policyStage(origin.current, state.rates),
      flow: flowGuard(),
      behaviour: behaviourGuard(origin.current, behaviours),
      approval: approvalGuard({
        approvals,
        commit: (digest) => commit(keys.salt, digest),
        commitText: (text) => commit(keys.salt, hash('sha256', text, 'hex')),
        over: (tenant, principal, roles) =>
          state.invalidations.of({ tenant, principals: [principal], roles: [roles] }) !== undefined,
      }),
      budget: budgetStage(state.rates, origin.current, ledger),
      permit: permitStage(office, permitTtl),
    }),
    modifier(registry, startDir),
  );
  const parts: Parts = Object.freeze({
    approvals,
    ledger,
    capabilities,
    behaviours,
    search: new CapabilitySearch(),
    gate,
    rehearsal: rehearsal(gate, registry, startDir),
    office,
    registry,
    journal,
    vault,
    state,
    policies: origin.current,
    policyOrigin: origin,
    scopes: origin.scopes,
    events,
    flows,
    life,
    granting,
    now,
    onMessage,
    commit: (digest: string) => commit(keys.salt, digest),
    budgets: Object.freeze({ ...FRAME_BUDGETS, ...options.frame }),
    handles,
    tokens,
    signPermit: (claims: PermitClaims) => signPermit(claims, keys.signing),
    readPermit: (token: string) => readPermit(token, [keys.signing.publicKey]),
    settings: Object.freeze({
      mode: options.mode ?? 'enforce',
      durability: dataDir === undefined ? 'memory' : (options.durability ?? 'os'),
      sandbox: sandboxOf(options),
      permitTtl,
      reportWithin: options.reportWithin ?? 600_000,
      providerDeadline: options.providerDeadline ?? 900_000,
      rawRoles: new Set(options.frame?.rawRoles ?? ['admin']),
      handleTtl: options.handles?.ttl ?? 3_600_000,
      limits: Object.freeze([...findings, ...providers.flatMap(({ limits }) => limits ?? [])]),
    }),
  });
  return start(parts, providers);
}

/** What a restart owes: outcomes for what was interrupted, a record that it started, and upkeep from then on. */
function start(parts: Parts, providers: readonly Provider[]): KernelHost {
  const { journal, events, policyOrigin } = parts;
  const note = (event: string, fields: JsonObject): void => {
    journal
      .append({
        kind: 'system',
        tenant: 'default',
        at: parts.now(),
        members: eventMembers(event, fields),
      })
      .durable.catch(() => {});
  };
  if (journal.writable) {
    // Every intent that is still open has room for its outcome, as it had before the restart.
    for (let open = parts.state.pending.size; open > 0; open--) journal.reserveOutcome();
    const interrupted = settleInterrupted(parts);
    note('started', {
      version: status(parts).version,
      mode: parts.settings.mode,
      policy: status(parts).policy.digest,
      interrupted,
    });
    if (interrupted > 0)
      parts.onMessage('fault', `${interrupted} actions were interrupted: their outcome is unknown`);
  }
  policyOrigin.start(({ from, to, rules, by }) => {
    const at = parts.now();
    journal
      .append({
        kind: 'state',
        tenant: 'default',
        at,
        members: eventMembers('policy', { from, to, rules, by }),
      })
      .durable.catch(() => {});
    events.emit('default', undefined, 'policy', at, { from, to });
  });
  parts.handles.onDropped(({ tenant, value }) => {
    dropValue(parts.vault, tenant, value).catch(() => {});
  });
  parts.flows.vouched.onDropped(({ tenant, kept }) => {
    void Promise.resolve(parts.vault.drop(tenant, kept)).catch(() => {});
  });
  const sweep = new SessionSweep();
  let swept = parts.now();
  const upkeep = setInterval(() => {
    try {
      sweepUnreported(parts);
      sweepApprovals(parts, swept);
      swept = parts.now();
      sweep.step(parts, parts.now());
      parts.handles.sweep(parts.now());
      void parts.vault.sweep(parts.now());
    } catch (error) {
      parts.onMessage('fault', `upkeep failed: ${String(error)}`);
    }
  }, UPKEEP);
  upkeep.unref();

  const recall = new Recall();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      clearInterval(upkeep);
      policyOrigin.close();
      events.close();
      if (journal.writable) note('stopped', {});
      for (const provider of providers) await provider.close?.();
      await journal.close();
      parts.vault.close();
    })();
    return closing;
  };
  return Object.freeze({
    as: (caller: Caller) => bind(parts, caller, recall, close),
    administer: <T extends Json>(caller: Caller, action: AdminAction, run: () => T | Promise<T>) =>
      administer(parts, caller, action, run),
    endorse: (caller: Caller, vouching: Vouching) => vouch(parts, caller, 'endorse', vouching),
    declassify: (caller: Caller, vouching: Vouching) =>
      vouch(parts, caller, 'declassify', vouching),
    recordRefusal: (code: string, fields: JsonObject) => note('refused', { code, ...fields }),
    status: () => status(parts),
    close,
  });
}

/** A kernel in this process, acting as one principal that owns its policy. */
export async function createKernel(options: CreateKernelOptions = {}): Promise<Kernel> {
  const host = await openHost(options);
  return host.as(ownerCaller(options.principal));
}
