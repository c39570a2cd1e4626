/**
 * Ari Kernel's `createSidecarServer`: change the import, and it starts this sidecar, configured as `portcullis serve` is. What would be weaker here
 * than it was there is a TypeError: docs/coming-from/ari-kernel.md says what is called what.
 */
import { createSidecar, type Listening } from '@portcullis/sidecar';
import { loadConfiguration } from '../config/effective.ts';
import type { SettingKey } from '../config/settings.ts';
import { sidecarOptions } from '../config/sidecar-options.ts';

export interface SidecarServerOptions {
  /** Default 127.0.0.1: off loopback only with TLS. */
  readonly host?: string;
  /** Default 8787; 0 takes any free one. */
  readonly port?: number;
  /** The name of a preset, or the path of a policy file. */
  readonly preset?: string;
  readonly policy?: string;
  /** A directory here: journal, keys and vault. Default: where `portcullis serve` has them. */
  readonly auditLog?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

const SETTINGS: Readonly<Record<keyof SidecarServerOptions, SettingKey>> = {
  host: 'listen.host',
  port: 'listen.port',
  preset: 'policy.preset',
  policy: 'policy.file',
  auditLog: 'data_dir',
  tlsCert: 'tls.cert',
  tlsKey: 'tls.key',
};

export interface SidecarServer {
  /** Rejects where the port, the socket or the data directory is taken. */
  listen(): Promise<Listening>;
  close(): Promise<void>;
}

/** Keys are made at the first start, in the data directory; `portcullis keys` makes others, one for each principal. */
export function createSidecarServer(options: SidecarServerOptions = {}): SidecarServer {
  const flags: Partial<Record<SettingKey, string>> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(SETTINGS, name))
      throw new TypeError(
        `${name} is no option here: keys say who may ask, portcullis.yaml the rest`,
      );
    if (value !== undefined) flags[SETTINGS[name as keyof SidecarServerOptions]] = String(value);
  }
  let listening: Promise<Listening> | undefined;
  return Object.freeze({
    listen: () => {
      listening ??= createSidecar(sidecarOptions(loadConfiguration({ flags }))).listen();
      return listening;
    },
    close: async () => await (await listening)?.close(),
  });
}
