/** The settings that verbs ask for, with their defaults. */
import type { HostOptions } from '../host.ts';
import type { Parts } from '../parts.ts';
import { sandboxOf } from './builtins.ts';

/** `limits`: what cannot be given here, in words. */
export const settingsOf = (options: HostOptions, limits: readonly string[]): Parts['settings'] =>
  Object.freeze({
    mode: options.mode ?? 'enforce',
    durability: options.dataDir === undefined ? 'memory' : (options.durability ?? 'os'),
    sandbox: sandboxOf(options),
    permitTtl: options.permitTtl ?? 30_000,
    reportWithin: options.reportWithin ?? 600_000,
    providerDeadline: options.providerDeadline ?? 900_000,
    rawRoles: new Set(options.frame?.rawRoles ?? ['admin']),
    handleTtl: options.handles?.ttl ?? 3_600_000,
    limits: Object.freeze([...limits]),
  });
