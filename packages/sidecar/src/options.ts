/** The options of a sidecar, and their defaults. */
import type { HostOptions } from '@portcullis/kernel';
import type { KeyRing } from './auth/ring.ts';
import type { LogLevel, LogTarget } from './log.ts';
import type { KeyRate } from './schema/key.ts';
import type { WebhookOptions } from './webhooks/options.ts';

export interface TlsOptions {
  /** Certificate chain, PEM. */
  readonly cert: string | Uint8Array;
  /** Private key, PEM. */
  readonly key: string | Uint8Array;
  /** Authorities of client certificates, PEM. If given, a connection without such a certificate is refused. */
  readonly clientCa?: string | Uint8Array;
}

export interface SidecarOptions extends HostOptions {
  /** Default 127.0.0.1. Anything off loopback, `""` and `0.0.0.0` too, needs `tls`. */
  readonly hostname?: string;
  /** Default 8787; 0 takes any free port. */
  readonly port?: number;
  /** Default `portcullis.sock` in the data dir; false for none. Its directory must be closed to others. */
  readonly socketPath?: string | false;
  readonly tls?: TlsOptions;
  /** More host names that requests may use, besides loopback's and `hostname`. */
  readonly names?: readonly string[];
  /** Origins of web pages that may call. Default: none. */
  readonly origins?: readonly string[];
  /** The address that clients use from outside, for AuthZEN's metadata. Default: where it listens. */
  readonly publicUrl?: string;
  /** For keys that have no rate of their own. Default: none. */
  readonly rate?: KeyRate;
  /** The keys. Default: those of the data dir. */
  readonly keyRing?: KeyRing;
  /** Default `warn`. */
  readonly logLevel?: LogLevel;
  /** Where log lines go. Default: stderr. */
  readonly logTarget?: LogTarget;
  readonly limits?: Partial<ServerLimits>;
  /** Receivers of signed notices: what waits for people, what was ended. Default: none. */
  readonly webhooks?: readonly WebhookOptions[];
}

/** The names that no kernel has. The compiler holds it complete. */
export const OWN_OPTIONS: readonly string[] = Object.keys({
  hostname: true,
  port: true,
  socketPath: true,
  tls: true,
  names: true,
  origins: true,
  publicUrl: true,
  rate: true,
  keyRing: true,
  logLevel: true,
  logTarget: true,
  limits: true,
  webhooks: true,
} satisfies Record<Exclude<keyof SidecarOptions, keyof HostOptions>, true>);

/** Times in milliseconds. */
export interface ServerLimits {
  /** Connections of each listener; the longest idle makes room for a new one. */
  readonly connections: number;
  /** For all headers of a request, from the first byte or the connection on. */
  readonly headersTimeout: number;
  /** For a whole request, body and all. */
  readonly requestTimeout: number;
  /** How long a connection may idle between two requests. */
  readonly keepAliveTimeout: number;
  /** How long the reader of a stream may stand still. */
  readonly stall: number;
  /** How long an event stream may be silent before it says so. */
  readonly heartbeat: number;
  /** How long `close` waits for requests under way. */
  readonly drain: number;
}

export const DEFAULT_LIMITS: ServerLimits = Object.freeze({
  connections: 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 30_000,
  stall: 10_000,
  heartbeat: 15_000,
  drain: 10_000,
});

/** Bytes of all headers together. */
export const MAX_HEADER_BYTES = 16 * 1024;
