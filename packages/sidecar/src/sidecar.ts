/**
 * The sidecar's life: it opens the kernel and the keys, listens, and at the end stops taking requests, lets those under way finish
 * within a deadline, and closes the journal behind them.
 */
import { chmodSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join, resolve } from 'node:path';
import {
  checkOptionNames,
  type KernelHost,
  namedDisk,
  openHost,
  PortcullisError,
} from '@portcullis/kernel';
import type { Kernel } from '@portcullis/wire';
import { createApp } from './app.ts';
import type { Credential } from './auth/credential.ts';
import { RefusalCounter } from './auth/refusals.ts';
import { createKeyRing, type FirstKeys, type KeyRing } from './auth/ring.ts';
import { problem } from './http/answer.ts';
import { createListener, type Fetch, type Listener } from './http/listener.ts';
import { bindAddress, isLoopback } from './http/loopback.ts';
import { AllowedHosts } from './http/origin.ts';
import { claimSocketPath } from './http/unix-socket.ts';
import { createLog, faultOf } from './log.ts';
import { Metrics } from './metrics/metrics.ts';
import { openApi } from './openapi.ts';
import { DEFAULT_LIMITS, OWN_OPTIONS, type ServerLimits, type SidecarOptions } from './options.ts';
import { ROUTES } from './routes/table.ts';
import { type Serving, sourceOf } from './serve.ts';
import { Turn } from './turn.ts';
import { type OwnKey, ownKey, type PublicJwk } from './webhooks/keys.ts';
import { type Endpoint, endpointsOf } from './webhooks/options.ts';
import { Webhooks } from './webhooks/webhooks.ts';

const DEFAULT_PORT = 8787;
/** How long a provider that was told to stop may take to say what came of it, in milliseconds. */
const LAST_WORDS = 3_000;

export interface Listening {
  /** `http://127.0.0.1:8787` */
  readonly url: string;
  readonly socketPath: string | undefined;
  /** Where this start left the first keys it made; undefined where there were keys. */
  readonly firstKeys: FirstKeys | undefined;
  readonly host: KernelHost;
  readonly keys: KeyRing;
  /** Connections that are open, idle ones too. */
  connections(): number;
  /** Stops taking requests, waits for those under way, writes a checkpoint. Safe to call twice. */
  close(): Promise<void>;
}

export interface Sidecar {
  /** Rejects where the data dir or the socket is taken (`already_running`), or where an option cannot hold. */
  listen(): Promise<Listening>;
}

/** Throws where a name is no option. */
export function createSidecar(options: SidecarOptions = {}): Sidecar {
  checkOptionNames('createSidecar', options, OWN_OPTIONS);
  return Object.freeze({ listen: () => start(options) });
}

async function start(options: SidecarOptions): Promise<Listening> {
  const address = bindAddress(options.hostname ?? '127.0.0.1');
  if (!isLoopback(address) && options.tls === undefined) {
    const why = `${JSON.stringify(address)} can be reached from other machines: it needs tls`;
    throw Object.assign(new Error(why), { code: 'tls_required' });
  }
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const host = await openHost({ grouping: 'turn', ...options });
  let running: Running | undefined;
  try {
    running = new Running(host, options, limits, address);
    return await running.listen();
  } catch (error) {
    await (running ?? host).close().catch(() => {});
    throw options.dataDir === undefined ? error : namedDisk(error, resolve(options.dataDir));
  }
}

class Running {
  readonly #host: KernelHost;
  readonly #options: SidecarOptions;
  readonly #limits: ServerLimits;
  readonly #address: string;
  readonly #draining = new AbortController();
  readonly #listeners: Listener[] = [];
  readonly #refusals: RefusalCounter;
  readonly #underWay = { count: 0 };
  #url = '';
  #webhooks: Webhooks | undefined;
  readonly #endpoints: readonly Endpoint[];
  #own: OwnKey | undefined;
  #closed: Promise<void> | undefined;

  constructor(host: KernelHost, options: SidecarOptions, limits: ServerLimits, address: string) {
    this.#host = host;
    this.#options = options;
    this.#limits = limits;
    this.#address = address;
    this.#refusals = new RefusalCounter(host);
    this.#endpoints = endpointsOf(options.webhooks ?? [], () => this.#ownKey());
  }

  /** Made when it is first needed. */
  #ownKey(): OwnKey {
    this.#own ??= ownKey(this.#options.dataDir);
    return this.#own;
  }

  async listen(): Promise<Listening> {
    const { dataDir, port = DEFAULT_PORT, tls } = this.#options;
    const keys = this.#options.keyRing ?? createKeyRing(dataDir, ringOptions(this.#options));
    const serving = this.#serving(keys);
    const app = createApp(ROUTES, serving);
    const hooks = {
      fetch: app.fetch as Fetch,
      broken: (code: string, socket: unknown) => {
        serving.metrics.refused(code);
        this.#refusals.count(code, sourceOf({ socket: socket as Socket }));
      },
    };
    const socketPath = this.#socketPath();
    if (socketPath !== undefined) await claimSocketPath(socketPath);

    const tcp = createListener(hooks, this.#limits, tls);
    this.#listeners.push(tcp);
    await listening(tcp.server, { host: this.#address, port });
    const bound = tcp.server.address() as AddressInfo;
    this.#url = `${tls === undefined ? 'http' : 'https'}://${urlHost(bound)}:${bound.port}`;

    if (socketPath !== undefined) {
      const unix = createListener(hooks, this.#limits);
      this.#listeners.push(unix);
      await listening(unix.server, { path: socketPath });
      chmodSync(socketPath, 0o600);
    }
    this.#startWebhooks(serving);
    serving.log.info({ url: this.#url, socket: socketPath !== undefined }, 'listening');
    return Object.freeze({
      url: this.#url,
      socketPath,
      firstKeys: keys.first,
      host: this.#host,
      keys,
      connections: () => this.#connections(),
      close: () => this.close(),
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#drain();
    return this.#closed;
  }

  async #drain(): Promise<void> {
    this.#draining.abort();
    const deadline = Date.now() + this.#limits.drain;
    let open = this.#listeners.length;
    const closing = Promise.all(
      this.#listeners.map(({ server }) => closed(server).then(() => open--)),
    );
    // Requests whose clients are gone have no connection left, and are waited for all the same.
    while ((open > 0 || this.#underWay.count > 0) && Date.now() < deadline) {
      for (const { connections } of this.#listeners) connections.closeIdle();
      await (open > 0 ? Promise.race([closing, pause(10)]) : pause(10));
    }
    for (const { connections, server } of this.#listeners) {
      connections.closeIdle();
      server.closeAllConnections();
    }
    await closing;
    // Streams whose readers were just cut off write their outcomes.
    for (const until = Date.now() + LAST_WORDS; this.#underWay.count > 0 && Date.now() < until; )
      await pause(10);
    this.#refusals.flush();
    await this.#webhooks?.end();
    await this.#host.close();
  }

  #startWebhooks({ metrics, log }: Serving): void {
    if (this.#endpoints.length === 0) return;
    const names = this.#endpoints.map(({ name }) => name);
    const webhooks = new Webhooks(
      {
        host: this.#host,
        dataDir: this.#options.dataDir,
        counts: metrics.webhooks(names, (name) => webhooks.waiting(name)),
        now: this.#options.now ?? Date.now,
        warn: (message) => log.warn(message),
      },
      this.#endpoints,
    );
    this.#webhooks = webhooks;
    webhooks.start();
  }

  #connections(): number {
    return this.#listeners.reduce((sum, listener) => sum + listener.connections.size, 0);
  }

  #serving(keys: KeyRing): Serving {
    const { logLevel = 'warn', logTarget, names = [], origins = [] } = this.#options;
    const log = createLog(logLevel, logTarget);
    const streams = { open: 0 };
    const metrics = new Metrics(
      this.#host,
      () => this.#connections(),
      () => streams.open,
    );
    const kernels = new WeakMap<Credential, Kernel>();
    return {
      host: this.#host,
      keys,
      log,
      turn: new Turn(() => this.#host.flush()),
      metrics,
      refusals: this.#refusals,
      names: new AllowedHosts(
        [this.#address, ...names].filter((name) => name !== ''),
        origins,
      ),
      crowd: Math.max(1, this.#limits.connections - Math.ceil(this.#limits.connections / 8)),
      relieve: () => this.#listeners.some(({ connections }) => connections.relieve()),
      context: {
        underWay: this.#underWay,
        host: this.#host,
        keys,
        publicUrl: () => this.#options.publicUrl ?? this.#url,
        now: this.#options.now ?? Date.now,
        draining: this.#draining.signal,
        metrics: () => metrics.text(),
        openApi: () => openApi(ROUTES),
        heartbeat: this.#limits.heartbeat,
        stall: this.#limits.stall,
        streams,
        ownKey: () => this.#ownKey(),
        publicKeys: () => publicKeys(this.#endpoints, this.#ownKey()),
        decided: (decision) => metrics.decided(decision),
        settled: (outcome) => metrics.settled(outcome),
      },
      kernelOf: (credential) => {
        let kernel = kernels.get(credential);
        if (kernel === undefined) {
          kernel = this.#host.as(credential.caller);
          kernels.set(credential, kernel);
        }
        return kernel;
      },
      faulted: (error) => {
        log.error({ fault: faultOf(error) }, 'fault');
        metrics.refused('kernel_fault');
        return problem(new PortcullisError('kernel_fault'));
      },
    };
  }

  #socketPath(): string | undefined {
    const { dataDir, socketPath } = this.#options;
    if (socketPath === false || process.platform === 'win32') return undefined;
    if (socketPath !== undefined) return socketPath;
    return dataDir === undefined ? undefined : join(dataDir, 'portcullis.sock');
  }
}

/** Each key once, however many webhooks it signs. */
function publicKeys(endpoints: readonly Endpoint[], own: OwnKey): readonly PublicJwk[] {
  const all = [...endpoints.flatMap(({ jwk }) => jwk ?? []), own.jwk];
  return [...new Map(all.map((jwk) => [jwk.kid, jwk])).values()];
}

const ringOptions = ({ now, rate }: SidecarOptions) => ({
  ...(now === undefined ? {} : { now }),
  ...(rate === undefined ? {} : { rate }),
});

function listening(server: Server, where: object): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    if (server.listening) server.close(() => resolve());
    else resolve();
  });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const urlHost = ({ address, family }: AddressInfo): string =>
  family === 'IPv6' ? `[${address}]` : address;
