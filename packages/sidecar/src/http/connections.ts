/**
 * Bounds the connections of one server. When all places are taken, the connection that has been idle longest gives its place to the
 * new one: a crowd that opens connections and leaves them locks nobody out. A connection with a request under way is never idle.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Connections {
  readonly size: number;
  /** Ends what has no request under way; node's own does not count a connection that never sent one. */
  closeIdle(): void;
}

export function boundConnections(server: Server, max: number, tls: boolean): Connections {
  // Under TLS the connection and its requests show two sockets; their addresses tell that they are one.
  const keyOf = (socket: Socket): unknown =>
    tls ? `${socket.remoteAddress} ${socket.remotePort}` : socket;
  /** In the order in which they fell idle. */
  const idle = new Map<unknown, Socket>();
  let open = 0;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    open++;
    idle.set(key, socket);
    socket.once('close', () => {
      open--;
      idle.delete(key);
    });
    if (open <= max) return;
    const oldest = idle.entries().next().value;
    if (oldest === undefined) return;
    // Closing takes a turn of the loop; until then it must not be chosen again.
    idle.delete(oldest[0]);
    oldest[1].destroy();
  });
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const key = keyOf(socket);
    idle.delete(key);
    response.once('close', () => {
      if (!socket.destroyed) idle.set(key, socket);
    });
  });
  return {
    get size() {
      return open;
    },
    closeIdle() {
      for (const socket of idle.values()) socket.destroy();
      idle.clear();
    },
  };
}
