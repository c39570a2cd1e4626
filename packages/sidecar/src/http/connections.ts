/**
 * Bounds the connections of one server. When all places are taken, the connection that has been idle longest gives its place to the
 * new one: a crowd that opens connections and leaves them locks nobody out. A connection with a request under way is never idle, but one whose
 * request does not come to its end gives way where none is idle.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Connections {
  readonly size: number;
  /** Ends what has no request under way; node's own does not count a connection that never sent one. */
  closeIdle(): void;
  /** Ends the connection that has been sending one request longest, a second at the least; false where none is. */
  relieve(): boolean;
}

/** Milliseconds in which a request that is not held back has long been sent. */
const SLOW = 1_000;

interface Busy {
  readonly socket: Socket;
  readonly request: IncomingMessage;
  readonly since: number;
}

export function boundConnections(server: Server, max: number, tls: boolean): Connections {
  // Under TLS the connection and its requests show two sockets; their addresses tell that they are one.
  const keyOf = (socket: Socket): unknown =>
    tls ? `${socket.remoteAddress} ${socket.remotePort}` : socket;
  /** In the order in which they fell idle. */
  const idle = new Map<unknown, Socket>();
  /** In the order in which their requests began. */
  const busy = new Map<unknown, Busy>();
  const relieve = (): boolean => {
    const before = performance.now() - SLOW;
    for (const [key, { socket, request, since }] of busy) {
      if (since > before) return false;
      if (request.complete) continue;
      busy.delete(key);
      socket.destroy();
      return true;
    }
    return false;
  };
  let open = 0;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    open++;
    idle.set(key, socket);
    socket.once('close', () => {
      open--;
      idle.delete(key);
      busy.delete(key);
    });
    if (open <= max) return;
    const oldest = idle.entries().next().value;
    if (oldest === undefined || (oldest[0] === key && relieve())) return;
    // Closing takes a turn of the loop; until then it must not be chosen again.
    idle.delete(oldest[0]);
    oldest[1].destroy();
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const key = keyOf(socket);
    idle.delete(key);
    busy.set(key, { socket, request, since: performance.now() });
    response.once('close', () => {
      busy.delete(key);
      if (!socket.destroyed) idle.set(key, socket);
    });
  });
  return {
    get size() {
      return open;
    },
    relieve,
    closeIdle() {
      for (const socket of idle.values()) socket.destroy();
      idle.clear();
    },
  };
}
