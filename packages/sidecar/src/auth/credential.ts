/** A key as the sidecar uses it: who it is to the kernel, and what bounds it here. Made once per key, dropped with it. */
import type { Caller, Right } from '@portcullis/kernel';
import type { KeyRate, StoredKey } from '../schema/key.ts';
import { RateLimit } from './rate.ts';

const STOPPING: ReadonlySet<string> = new Set<Right>(['freeze', 'keys', 'policy', 'quarantine']);

export class Credential {
  readonly id: string;
  readonly caller: Caller;
  readonly rate: RateLimit | undefined;
  /** Milliseconds since the epoch; Infinity where it does not expire. */
  readonly expires: number;
  /** Where set, only a connection with this client certificate is this key. */
  readonly certificate: string | undefined;
  /** May stop what others do: is let in where there are too many of them. */
  readonly stops: boolean;
  /** The bytes of the hash's text. */
  readonly hash: Buffer;
  /** Its requests and streams of frames under way. */
  underWay = 0;
  readonly #revocation = new AbortController();

  constructor(key: StoredKey, defaultRate?: KeyRate) {
    const rate = key.rate ?? defaultRate;
    this.id = key.id;
    this.caller = callerOf(key);
    this.rate = rate === undefined ? undefined : new RateLimit(rate);
    this.expires = key.expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(key.expires);
    this.certificate = key.certificate;
    this.stops = key.rights.some((right) => STOPPING.has(right));
    this.hash = Buffer.from(key.hash, 'latin1');
  }

  /** Fires when the key is revoked or rotated: what streams to it ends. */
  get revoked(): AbortSignal {
    return this.#revocation.signal;
  }

  revoke(): void {
    this.#revocation.abort();
  }
}

function callerOf(key: StoredKey): Caller {
  const assert = key.may_assert;
  return Object.freeze({
    tenant: key.tenant,
    credential: key.id,
    principal: Object.freeze({
      id: key.principal.id,
      kind: key.principal.kind,
      roles: Object.freeze([...key.principal.roles]),
      attributes: Object.freeze({ ...key.principal.attributes }),
    }),
    rights: new Set(key.rights),
    mayAssert: Object.freeze({
      principals: Object.freeze([...(assert.principals ?? [])]),
      roles: Object.freeze([...(assert.roles ?? [])]),
      onBehalfOf: Object.freeze([...(assert.on_behalf_of ?? [])]),
      context: Object.freeze([...(assert.context ?? [])]),
      userTurns: assert.user_turns ?? false,
    }),
  });
}
