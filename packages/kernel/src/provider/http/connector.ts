/**
 * Opens the one connection of one exchange: the name is resolved once, every address it has is checked, and the
 * connection goes to one that was checked, with the Host and the server name of the URL. Literal addresses take the
 * same way. No proxy is asked, whatever the environment says.
 */
import { lookup } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { ProviderError } from '../types.ts';
import { whyNotPublic } from './addresses.ts';

/** Every address of a name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;
/** undici's connector: opens TCP, and TLS where the protocol asks. */
export type Dial = buildConnector.connector;

export interface Connection {
  readonly connect: buildConnector.connector;
  /** True once something could have been sent. */
  readonly opened: () => boolean;
}

/** More addresses than this are not tried. */
const MAX_TRIES = 4;

export const systemResolve: Resolve = async (hostname) => {
  const found = await lookup(hostname, { all: true });
  return found.map((entry) => entry.address);
};

export function systemDial(options: { timeout: number; ca?: string | undefined }): Dial {
  return buildConnector({
    timeout: options.timeout,
    maxCachedSessions: 0,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
}

/** One exchange, one connection: a second attempt of the client to connect is refused. */
export function createConnection(
  resolve: Resolve,
  dial: Dial,
  lifted: boolean,
  signal: AbortSignal,
): Connection {
  let used = false;
  let opened = false;

  const open = async (options: buildConnector.Options): Promise<Socket> => {
    if (used) throw new ProviderError('provider_error', 'the connection was lost');
    used = true;
    const addresses = await checkedAddresses(resolve, options.hostname, lifted);
    signal.throwIfAborted();
    // A server name is a name; for an address there is none, and the certificate must name the address.
    const servername = isIP(options.hostname) === 0 ? options.hostname : '';
    let last: unknown;
    for (const hostname of addresses.slice(0, MAX_TRIES)) {
      try {
        const socket = await dialOne(dial, { ...options, hostname, servername });
        if (signal.aborted) socket.destroy();
        signal.throwIfAborted();
        opened = true;
        return socket;
      } catch (error) {
        signal.throwIfAborted();
        last = error;
      }
    }
    throw last;
  };

  return {
    connect: (options, callback) => {
      open(options).then(
        (socket) => callback(null, socket),
        (error: unknown) =>
          callback(error instanceof Error ? error : new Error('no connection'), null),
      );
    },
    opened: () => opened,
  };
}

async function checkedAddresses(
  resolve: Resolve,
  hostname: string,
  lifted: boolean,
): Promise<readonly string[]> {
  const addresses = isIP(hostname) === 0 ? await resolve(hostname) : [hostname];
  if (addresses.length === 0) throw new ProviderError('provider_error', 'the name has no address');
  if (lifted) return addresses;
  // One that is not public condemns the name: who mixes them wants a retry to reach the other one.
  for (const address of addresses) {
    const why = whyNotPublic(address);
    if (why !== undefined) {
      throw new ProviderError(
        'provider_refused',
        `the host is not on the public internet (${why})`,
      );
    }
  }
  return addresses;
}

function dialOne(dial: Dial, options: buildConnector.Options): Promise<Socket> {
  return new Promise((settle, reject) => {
    dial(options, (error, socket) =>
      error === null && socket !== null ? settle(socket) : reject(error),
    );
  });
}
