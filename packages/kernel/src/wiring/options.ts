/**
 * Options as a program without types may have written them: a name that is none would leave a default in force that nobody chose, a mode that is none
 * would hold nothing back.
 */
import type { HostOptions } from '../host.ts';
import { suggest } from '../policy/document/suggest.ts';

/** Of every kernel. The compiler holds it complete. */
const NAMES: readonly string[] = Object.keys({
  dataDir: true,
  durability: true,
  grouping: true,
  mode: true,
  policy: true,
  startDir: true,
  labels: true,
  providers: true,
  builtins: true,
  sandbox: true,
  proc: true,
  allowUnsafePlatform: true,
  outOfReach: true,
  privateHosts: true,
  grants: true,
  permitTtl: true,
  reportWithin: true,
  sessions: true,
  drift: true,
  frame: true,
  handles: true,
  sessionTokens: true,
  providerDeadline: true,
  capabilities: true,
  capabilityFiles: true,
  capabilityRates: true,
  approvals: true,
  node: true,
  segmentBytes: true,
  retention: true,
  vaultBytes: true,
  now: true,
  onMessage: true,
} satisfies Record<keyof HostOptions, true>);

/** Throws where a name is no option of a kernel, nor one `more` of what `maker` makes. */
export function checkOptionNames(maker: string, options: object, more: readonly string[]): void {
  const names = [...NAMES, ...more];
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const meant = suggest(name, names);
    const hint =
      meant === undefined ? `; there are ${names.join(', ')}` : `: did you mean ${meant}?`;
    throw new TypeError(`${maker} has no option ${JSON.stringify(name)}${hint}`);
  }
}

/** Throws where one of a few words is another. */
export function checkChoices({
  mode,
  durability,
  sandbox,
  grouping,
  builtins,
  grants,
}: HostOptions): void {
  among('mode', ['enforce', 'observe'], mode);
  among('durability', ['os', 'fsync'], durability);
  among('sandbox', ['required', 'off'], sandbox);
  among('grouping', ['tick', 'turn'], grouping);
  among('grants.algorithm', ['ed25519', 'hmac'], grants?.algorithm);
  for (const family of builtins ?? []) among('builtins', ['fs', 'proc', 'http'], family);
}

function among(name: string, valid: readonly string[], given: unknown): void {
  if (given === undefined || valid.some((one) => one === given)) return;
  throw new TypeError(`${name} is ${valid.join(' or ')}, not ${JSON.stringify(given)}`);
}
