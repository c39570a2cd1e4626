/** The wiring: which part stands where. Everything else is given its neighbours from here; the parts of it stand in wiring/. */

import { hash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Kernel, PermitClaims } from '@portcullis/wire';
import type { Behaviours } from './behaviour/call-matcher.ts';
import { DataFlow } from './behaviour/data-flow.ts';
import { CapabilitySearch } from './capability/registry/search.ts';
import { committer, readPermit, signPermit } from './crypto/index.ts';
import { rehearsal } from './denial/rehearse.ts';
import { EventStream } from './events.ts';
import { Flows } from './flow/flows.ts';
import { labelPaths, loadLabels } from './flow/label-files/label-set.ts';
import { sealer } from './flow/stored/seal.ts';
import { FRAME_BUDGETS } from './frame/types.ts';
import { openPermitOffice } from './gate/permit.ts';
import type { CreateKernelOptions, HostOptions, KernelHost } from './host.ts';
import { answerRoomOf } from './journal/vault/room.ts';
import { ownerCaller } from './owner.ts';
import type { Parts } from './parts.ts';
import { PolicyOrigin, policyFiles } from './policy/in-force/origin.ts';
import { PRESETS } from './policy/index.ts';
import { createRegistry } from './provider/index.ts';
import type { Provider, Registry } from './provider/types.ts';
import { driftGauge } from './session/drift.ts';
import { sessionGuard } from './session/guard.ts';
import { lifeOf } from './session/life.ts';
import { AnswerRoom } from './state/answer-room.ts';
import { makeDir } from './store/make-dir.ts';
import { namedDisk } from './store/no-room.ts';
import { sessionOf } from './verbs/session/sessions.ts';
import { readVouched } from './verbs/session/vouch.ts';
import { builtins, programsWrite } from './wiring/builtins.ts';
import { foldsOf } from './wiring/folds.ts';
import { grantingOf } from './wiring/granting.ts';
import { start } from './wiring/lifecycle.ts';
import { checkChoices, checkOptionNames } from './wiring/options.ts';
import { settingsOf } from './wiring/settings.ts';
import { stagesOf } from './wiring/stages.ts';
import {
  release,
  type Secrets,
  type Storage,
  secrets,
  storage,
  vaultBytesOf,
} from './wiring/storage.ts';

export async function openHost(options: HostOptions = {}): Promise<KernelHost> {
  checkChoices(options);
  try {
    return await opened(options);
  } catch (error) {
    throw options.dataDir === undefined ? error : namedDisk(error, resolve(options.dataDir));
  }
}

async function opened(options: HostOptions): Promise<KernelHost> {
  const now = options.now ?? Date.now;
  const onMessage = options.onMessage ?? (() => {});
  const startDir = realpathSync(options.startDir ?? process.cwd());
  const dataDir = options.dataDir === undefined ? undefined : resolve(options.dataDir);
  if (dataDir !== undefined) makeDir(dataDir, 0o700);

  const outOfReach = [
    ...(dataDir === undefined ? [] : [dataDir]),
    ...policyFiles(options.policy),
    ...labelPaths(options.labels),
    ...(options.capabilityFiles ?? []).map((path) => resolve(path)),
    ...(options.outOfReach ?? []),
  ];
  const providers = [...builtins(options, startDir, outOfReach), ...(options.providers ?? [])];
  const registry = createRegistry(providers);
  const origin = new PolicyOrigin({
    policy: options.policy,
    startDir,
    declaredParams: (action) => registry.definition(action)?.params,
    presets: PRESETS,
    onMessage,
  });

  const keys = secrets(dataDir);
  const folds = foldsOf(options, registry, startDir);
  const kept = await storage(options, dataDir, keys, folds.state, now);
  try {
    return await wire({
      options,
      now,
      onMessage,
      startDir,
      providers,
      registry,
      origin,
      keys,
      folds,
      kept,
    });
  } catch (error) {
    // Whoever mends what was wrong and tries again finds the journal free.
    await release(kept);
    throw error;
  }
}

/** What the wiring starts from. */
interface Ground {
  readonly options: HostOptions;
  readonly now: () => number;
  readonly onMessage: NonNullable<HostOptions['onMessage']>;
  readonly startDir: string;
  readonly providers: readonly Provider[];
  readonly registry: Registry;
  readonly origin: PolicyOrigin;
  readonly keys: Secrets;
  readonly folds: ReturnType<typeof foldsOf>;
  readonly kept: Storage;
}

async function wire(ground: Ground): Promise<KernelHost> {
  const { options, now, onMessage, startDir, providers, registry, origin, keys, folds } = ground;
  const { state, stored, delegations, vouched } = folds;
  const { journal, vault, findings } = ground.kept;
  await vouched.recall((tenant, name) => readVouched(vault, tenant, name));

  const committed = committer(keys.salt);
  const events = new EventStream();
  const office = openPermitOffice();
  const life = lifeOf(options.sessions);
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
  const behaviours: Behaviours = Object.freeze({
    sequences: folds.sequences,
    dataFlow: new DataFlow(),
    correlations: folds.correlations,
    sights: state.sights,
    commit: (text: string) => committed(hash('sha256', text, 'hex')).slice(0, 32),
  });
  const sessions = { journal, state, events, now, flows, behaviours, life };
  const drift = options.drift === false ? undefined : driftGauge(options.drift ?? {});
  const sessionStage = sessionGuard(folds.watched.effectOf, state.invalidations, drift);
  const granting = grantingOf(options, keys, folds, now());
  const limits = [...findings, ...providers.flatMap((provider) => provider.limits ?? [])];
  const settings = settingsOf(options, limits);
  const gate = stagesOf({
    registry,
    startDir,
    state,
    origin,
    flows,
    behaviours,
    granting,
    sessionStage,
    sessionOf: (ev, id) => sessionOf(sessions, ev, id),
    approvals: folds.approvals,
    ledger: folds.ledger,
    office,
    permitTtl: settings.permitTtl,
    commit: committed,
  });
  const parts: Parts = Object.freeze({
    approvals: folds.approvals,
    ledger: folds.ledger,
    capabilities: folds.capabilities,
    configured: folds.configured,
    handles: folds.handles,
    answers: new AnswerRoom(answerRoomOf(vaultBytesOf(options))),
    tokens: folds.tokens,
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
    sessionStage,
    now,
    onMessage,
    commit: committed,
    budgets: Object.freeze({ ...FRAME_BUDGETS, ...options.frame }),
    signPermit: (claims: PermitClaims) => signPermit(claims, keys.signing),
    readPermit: (token: string) => readPermit(token, [keys.signing.publicKey]),
    settings,
  });
  return start(parts, providers);
}

/** A kernel in this process, acting as one principal that owns its policy. */
export async function createKernel(options: CreateKernelOptions = {}): Promise<Kernel> {
  checkOptionNames('createKernel', options, ['principal']);
  const host = await openHost(options);
  return host.as(ownerCaller(options.principal));
}
