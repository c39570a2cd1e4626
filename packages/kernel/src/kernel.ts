/** The wiring: which part stands where. Everything else is given its neighbours from here. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Json, JsonObject, Kernel, PermitClaims } from '@portcullis/wire';
import { MemoryRates } from './budget/index.ts';
import {
  commit,
  generateSigningKey,
  loadOrCreateSecret,
  loadOrCreateSigningKey,
  readPermit,
  type SigningKey,
  signPermit,
} from './crypto/index.ts';
import { EventStream } from './events.ts';
import { Flows } from './flow/flows.ts';
import { flowGuard } from './flow/guard.ts';
import { loadLabels } from './flow/label-set.ts';
import { FlowView } from './flow/view.ts';
import { FRAME_LIMITS, makeFrame } from './frame/index.ts';
import { admissionStage } from './gate/admission.ts';
import { refuseDemands } from './gate/demands.ts';
import { Gate } from './gate/gate.ts';
import type { Caller } from './gate/guard.ts';
import { modifier } from './gate/modify.ts';
import { arrange } from './gate/order.ts';
import { openPermitOffice } from './gate/permit.ts';
import { budgetStage, invariantsStage, permitStage, policyStage } from './gate/stages.ts';
import type { AdminAction, CreateKernelOptions, HostOptions, KernelHost } from './host.ts';
import { openJournal, openMemoryJournal, openMemoryVault, openVault } from './journal/index.ts';
import type { Journal, Vault } from './journal/types.ts';
import { ownerCaller } from './owner.ts';
import type { Parts } from './parts.ts';
import { PRESETS } from './policy/index.ts';
import { PolicyOrigin, policyFiles } from './policy-origin.ts';
import {
  createFsProvider,
  createHttpProvider,
  createProcProvider,
  createRegistry,
  probeSandbox,
} from './provider/index.ts';
import type { Provider } from './provider/types.ts';
import { eventMembers } from './record/event.ts';
import { sessionGuard } from './session/guard.ts';
import { KernelState } from './state/state.ts';
import { administer } from './verbs/administer.ts';
import { bind } from './verbs/bind.ts';
import { settleInterrupted, sweepUnreported } from './verbs/host-executed.ts';
import { Recall } from './verbs/idempotent.ts';
import { sessionOf } from './verbs/sessions.ts';
import { status } from './verbs/status.ts';

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
  const state = new KernelState(new MemoryRates());
  const { journal, vault } = await storage(options, dataDir, keys, state, now);

  const flows = new Flows(loadLabels(options.labels));
  const events = new EventStream();
  const office = openPermitOffice();
  const permitTtl = options.permitTtl ?? 30_000;
  const sessions = { journal, state, events, now };
  const gate = new Gate(
    arrange({
      admission: admissionStage({
        registry,
        startDir,
        frozen: () => state.frozen,
        session: (ev, id) => sessionOf(sessions, ev, id),
        flow: (session) => new FlowView(flows, session),
      }),
      session: sessionGuard((action) => registry.definition(action)?.effect ?? 'destructive'),
      invariants: invariantsStage(origin.current),
      policy: policyStage(origin.current, state.rates),
      flow: flowGuard(),
      approval: refuseDemands(),
      budget: budgetStage(state.rates),
      permit: permitStage(office, permitTtl),
    }),
    modifier(registry, startDir),
  );
  const parts: Parts = Object.freeze({
    gate,
    office,
    registry,
    journal,
    vault,
    state,
    policies: origin.current,
    policyOrigin: origin,
    events,
    flows,
    now,
    onMessage,
    commit: (digest: string) => commit(keys.salt, digest),
    frame: (data: Parameters<typeof makeFrame>[0], labels: Parameters<typeof makeFrame>[1]) =>
      makeFrame(data, labels, { ...FRAME_LIMITS, ...options.frame }),
    signPermit: (claims: PermitClaims) => signPermit(claims, keys.signing),
    readPermit: (token: string) => readPermit(token, [keys.signing.publicKey]),
    settings: Object.freeze({
      mode: options.mode ?? 'enforce',
      durability: dataDir === undefined ? 'memory' : (options.durability ?? 'os'),
      sandbox: sandboxOf(options),
      permitTtl,
      reportWithin: options.reportWithin ?? 600_000,
      providerDeadline: options.providerDeadline ?? 900_000,
      limits: Object.freeze(providers.flatMap((provider) => provider.limits ?? [])),
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
  const upkeep = setInterval(() => {
    try {
      sweepUnreported(parts);
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

function builtins(
  options: HostOptions,
  startDir: string,
  outOfReach: readonly string[],
): Provider[] {
  const wanted = options.builtins ?? ['fs', 'proc', 'http'];
  const { allowRunners, ...sandboxPolicy } = options.proc ?? {};
  const make: Record<'fs' | 'proc' | 'http', () => Provider> = {
    fs: () =>
      createFsProvider({ outOfReach, allowUnsafePlatform: options.allowUnsafePlatform ?? false }),
    proc: () =>
      createProcProvider({
        startDir,
        outOfReach,
        sandbox: options.sandbox ?? 'required',
        sandboxPolicy,
        allowRunners: allowRunners ?? [],
      }),
    http: () => createHttpProvider({ privateHosts: options.privateHosts ?? [] }),
  };
  return wanted.map((name) => make[name]());
}

function sandboxOf(options: HostOptions): 'required' | 'off' | 'unavailable' {
  if (options.sandbox === 'off') return 'off';
  if (options.builtins !== undefined && !options.builtins.includes('proc')) return 'required';
  return probeSandbox().available ? 'required' : 'unavailable';
}

interface Secrets {
  readonly signing: SigningKey;
  readonly salt: Buffer;
  readonly vault: Buffer;
}

function secrets(dataDir: string | undefined): Secrets {
  if (dataDir === undefined)
    return { signing: generateSigningKey(), salt: randomBytes(32), vault: randomBytes(32) };
  const key = (name: string): string => join(dataDir, 'keys', name);
  return {
    signing: loadOrCreateSigningKey(key('signing.pem')),
    salt: loadOrCreateSecret(key('salt')),
    vault: loadOrCreateSecret(key('vault')),
  };
}

async function storage(
  options: HostOptions,
  dataDir: string | undefined,
  keys: Secrets,
  state: KernelState,
  now: () => number,
): Promise<{ journal: Journal; vault: Vault }> {
  const signer = { key: keys.signing, name: 'portcullis' };
  const node =
    options.node ??
    (hostname()
      .replace(/[^A-Za-z0-9._-]/g, '-')
      .slice(0, 64) ||
      'node');
  const onMessage = options.onMessage ?? (() => {});
  const quotaBytes = options.vaultBytes ?? 1024 * 1024 * 1024;
  if (dataDir === undefined) {
    return {
      journal: openMemoryJournal({ node, signer }),
      vault: openMemoryVault({ now, quotaBytes }),
    };
  }
  const { journal } = await openJournal({
    dir: join(dataDir, 'journal'),
    indexPath: join(dataDir, 'index.sqlite'),
    lockPath: join(dataDir, 'lock.sqlite'),
    node,
    durability: options.durability ?? 'os',
    signer,
    now,
    state,
    onMessage,
    ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
  });
  return {
    journal,
    vault: openVault({
      path: join(dataDir, 'vault.sqlite'),
      key: keys.vault,
      now,
      quotaBytes,
      onMessage,
    }),
  };
}
