/** The vault of a kernel without a data directory: the same names, times and room, in memory and not encrypted. */
import { hash, randomBytes } from 'node:crypto';
import { PortcullisError } from '../../errors.ts';
import type { Vault } from '../types.ts';
import { roomFor } from './room.ts';

interface Held {
  readonly value: Uint8Array;
  readonly expires: number;
}

interface MemoryVaultOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Bytes of values a tenant may hold. */
  readonly quotaBytes: number;
}

export function openMemoryVault(options: MemoryVaultOptions): Vault {
  return new MemoryVault(options);
}

class MemoryVault implements Vault {
  readonly #options: MemoryVaultOptions;
  readonly #salt: Buffer = randomBytes(32);
  readonly #tenants = new Map<string, { bytes: number; values: Map<string, Held> }>();

  constructor(options: MemoryVaultOptions) {
    this.#options = options;
  }

  put(tenant: string, kind: string, value: Uint8Array, ttl: number): string {
    const { now, quotaBytes } = this.#options;
    const most = roomFor(kind, quotaBytes);
    if (value.length > most)
      throw new PortcullisError('too_large', 'the value is larger than the vault');
    const place = Buffer.from(JSON.stringify([tenant, kind]));
    const digest = hash('sha256', value, 'buffer');
    const name = hash('sha256', Buffer.concat([this.#salt, digest, place]), 'hex');
    this.drop(tenant, name);
    if (this.#bytesOf(tenant) + value.length > most) this.sweep(now());
    if (this.#bytesOf(tenant) + value.length > most) {
      throw new PortcullisError('store_unavailable', 'the vault of this tenant is full');
    }
    const room = this.#tenants.get(tenant) ?? { bytes: 0, values: new Map<string, Held>() };
    room.values.set(name, { value: Uint8Array.from(value), expires: now() + ttl });
    room.bytes += value.length;
    this.#tenants.set(tenant, room);
    return name;
  }

  get(tenant: string, name: string): Uint8Array | undefined {
    const held = this.#tenants.get(tenant)?.values.get(name);
    if (held === undefined || held.expires <= this.#options.now()) return undefined;
    return Uint8Array.from(held.value);
  }

  drop(tenant: string, name: string): void {
    const room = this.#tenants.get(tenant);
    const held = room?.values.get(name);
    if (room === undefined || held === undefined) return;
    room.values.delete(name);
    room.bytes -= held.value.length;
    if (room.values.size === 0) this.#tenants.delete(tenant);
  }

  letGo(tenant: string, name: string): void {
    this.drop(tenant, name);
  }

  sweep(now: number): number {
    let swept = 0;
    for (const [tenant, room] of this.#tenants) {
      for (const [name, held] of room.values) {
        if (held.expires > now) continue;
        this.drop(tenant, name);
        swept++;
      }
    }
    return swept;
  }

  close(): void {
    this.#tenants.clear();
  }

  #bytesOf(tenant: string): number {
    return this.#tenants.get(tenant)?.bytes ?? 0;
  }
}
