/** The configuration as the options of a kernel host and of a sidecar. */
import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type HostOptions, type PolicyOption, PRESETS } from '@portcullis/kernel';
import { parseDuration } from '@portcullis/kernel/time';
import type { ServerLimits, SidecarOptions, TlsOptions } from '@portcullis/sidecar';
import { UsageError } from '../exit.ts';
import { driftOptions } from './drift.ts';
import type { Configuration } from './effective.ts';
import type { SettingKey, Settings } from './settings.ts';
import { webhookFiles, webhookOptions } from './webhooks.ts';

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the members that nobody set: their defaults are the receiver's. */
const set = <T extends object>(members: T): Defined<Partial<T>> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<
    Partial<T>
  >;

/** Without the groups of which nobody set any. */
const filled = <T extends { [name: string]: object }>(groups: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(groups).filter(([, group]) => Object.keys(group).length > 0),
  ) as Partial<T>;

const ms = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseDuration(text);

export function hostOptions(configuration: Configuration): HostOptions & { dataDir: string } {
  const { settings } = configuration;
  const dataDir = settings.data_dir as string;
  return {
    dataDir,
    sessions: sessionsOf(settings),
    approvals: approvalsOf(settings),
    handles: handlesOf(settings),
    capabilityRates: capabilityRatesOf(settings),
    ...set({
      startDir: settings.start_dir && directory(settings.start_dir, 'start_dir'),
      durability: settings.durability,
      mode: settings.mode,
      policy: policyOption(settings, dataDir),
      sandbox: settings.sandbox,
      allowUnsafePlatform: settings.allow_unsafe_platform,
      labels: labels(settings),
      capabilityFiles: settings['capabilities.files'],
      sessionTokens: sessionTokens(settings),
      privateHosts: settings['http.private_hosts'],
      permitTtl: ms(settings.permit_ttl),
      reportWithin: ms(settings.report_within),
      providerDeadline: ms(settings.provider_deadline),
      drift: drift(settings),
      node: settings.node,
      segmentBytes: settings['journal.segment_bytes'],
      vaultBytes: settings['vault.bytes'],
    }),
    proc: procOf(settings),
    ...filled({
      frame: frameOf(settings),
      grants: grantsOf(settings),
      retention: retentionOf(settings),
    }),
    outOfReach: outOfReach(configuration),
  };
}

const procOf = (settings: Settings) =>
  set({
    read: settings['proc.read'],
    write: settings['proc.write'],
    network: settings['proc.network'],
    allowRunners: settings['proc.allow_runners'],
    maxRunning: settings['proc.max_running'],
    bounds: set({
      memory: settings['proc.memory_bytes'],
      processes: settings['proc.processes'],
      file: settings['proc.file_bytes'],
      cpu: ms(settings['proc.cpu_time']),
    }),
  });

const frameOf = (settings: Settings) =>
  set({
    bytes: settings['limits.frame_bytes'],
    depth: settings['limits.frame_depth'],
    stream: settings['limits.stream_bytes'],
  });

const retentionOf = (settings: Settings) =>
  set({
    bytes: settings['journal.keep_bytes'],
    age: ms(settings['journal.keep_for']),
  });

const grantsOf = (settings: Settings) =>
  set({
    algorithm: settings['grants.algorithm'],
    ttl: ms(settings['grants.ttl']),
    maxTtl: ms(settings['grants.max_ttl']),
    uses: settings['grants.uses'],
    maxUses: settings['grants.max_uses'],
  });

const approvalsOf = (settings: Settings) =>
  set({
    ttl: ms(settings['approvals.ttl']),
    perPrincipal: settings['approvals.per_principal'],
    perTenant: settings['approvals.per_tenant'],
  });

const handlesOf = (settings: Settings) =>
  set({
    ttl: ms(settings['handles.ttl']),
    perPrincipal: settings['handles.per_principal'],
    perTenant: settings['handles.per_tenant'],
  });

function sessionsOf(settings: Settings) {
  const idle = settings['sessions.idle'];
  return set({
    idle: idle === false ? idle : ms(idle),
    age: ms(settings['sessions.age']),
    closedFor: ms(settings['sessions.closed_for']),
    most: settings['sessions.most'],
  });
}

const capabilityRatesOf = (settings: Settings) =>
  set({
    read: classRate(settings['capability_rates.read']),
    write: classRate(settings['capability_rates.write']),
    destructive: classRate(settings['capability_rates.destructive']),
  });

function drift(settings: Settings): HostOptions['drift'] {
  const ageMax = settings['drift.age_max'];
  const max = settings['drift.rate_max'];
  const warn = settings['drift.rate_warn'];
  const asked = {
    enabled: settings['drift.enabled'],
    ip: settings['drift.ip'],
    geo_km: settings['drift.geo_km'],
    device: settings['drift.device'],
    age_max: ageMax === false ? ageMax : ms(ageMax),
    rate_warn: warn,
    rate_max: max,
    require: settings['drift.require'],
    standing: settings['drift.standing'],
  };
  return driftOptions(asked);
}

const classRate = (said: Settings['capability_rates.read']) =>
  said === undefined || said === false
    ? said
    : { max: said.max, window: parseDuration(said.per) ?? 0 };

function sessionTokens(settings: Settings): HostOptions['sessionTokens'] {
  const total = settings['session_tokens.total'];
  return total === undefined
    ? undefined
    : { total, ...set({ low: settings['session_tokens.low'] }) };
}

const labels = ({ 'labels.files': files }: Settings): HostOptions['labels'] =>
  files === undefined ? undefined : { files };

/** What decides over an agent must not be the agent's to change: the configuration in use, and the one that would be found. */
function outOfReach(configuration: Configuration): readonly string[] {
  const { file, settings } = configuration;
  const own = [
    file,
    join(settings.start_dir ?? '.', 'portcullis.yaml'),
    settings['tls.key'],
    ...webhookFiles(configuration),
  ];
  return [
    ...new Set([...own.filter((path) => path !== undefined), ...(settings.out_of_reach ?? [])]),
  ];
}

function policyOption(settings: Settings, dataDir: string): PolicyOption | undefined {
  const file = settings['policy.file'];
  if (file !== undefined) return { file: readable(file, 'policy.file') };
  const preset = settings['policy.preset'];
  // Policies judge canonical paths, so the start directory is named by its real one.
  if (preset !== undefined) return PRESETS[preset]?.(realpathSync(settings.start_dir ?? '.'));
  return settings['policy.managed'] ? { managed: join(dataDir, 'policy.yaml') } : undefined;
}

export function sidecarOptions(configuration: Configuration): SidecarOptions & { dataDir: string } {
  const { settings } = configuration;
  const limits: Partial<ServerLimits> = set({
    connections: settings['limits.connections'],
    headersTimeout: ms(settings['limits.headers_timeout']),
    requestTimeout: ms(settings['limits.request_timeout']),
    keepAliveTimeout: ms(settings['limits.keep_alive_timeout']),
    stall: ms(settings['limits.stall']),
    heartbeat: ms(settings['limits.heartbeat']),
    drain: ms(settings['limits.drain']),
  });
  const max = settings['rate.max'];
  return {
    ...hostOptions(configuration),
    ...set({
      hostname: settings['listen.host'],
      port: settings['listen.port'],
      socketPath: settings['listen.socket'],
      names: settings['listen.names'],
      origins: settings['listen.origins'],
      publicUrl: settings['listen.public_url'],
      logLevel: settings['log.level'],
      webhooks: webhookOptions(configuration),
      tls: tls(settings),
      rate:
        max === undefined
          ? undefined
          : { max, per_seconds: (ms(settings['rate.per']) ?? 1000) / 1000 },
    }),
    limits,
  };
}

function tls(settings: Settings): TlsOptions | undefined {
  const cert = settings['tls.cert'];
  const key = settings['tls.key'];
  const ca = settings['tls.client_ca'];
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new UsageError('tls needs both tls.cert and tls.key');
  }
  return {
    cert: pem(cert, 'tls.cert'),
    key: pem(key, 'tls.key'),
    ...(ca === undefined ? {} : { clientCa: pem(ca, 'tls.client_ca') }),
  };
}

const pem = (path: string, key: SettingKey): string =>
  named(path, key, () => readFileSync(path, 'utf8'));

function readable(path: string, key: SettingKey): string {
  named(path, key, () => accessSync(path, constants.R_OK));
  return path;
}

function directory(path: string, key: SettingKey): string {
  if (!named(path, key, () => statSync(path)).isDirectory())
    throw new UsageError(`${key}: ${path} is not a directory`);
  return path;
}

/** What a setting names and is not there is said of the setting. */
function named<T>(path: string, key: SettingKey, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw new UsageError(`${key}: cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}
