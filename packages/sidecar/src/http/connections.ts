/**
 * Bounds the connections of one server. When all places are taken, the connection that has been idle longest gives its place to the
 * new one: a crowd that opens connections and leaves them locks nobody out. A connection with a request under way is never idle, but one whose
 * request does not come to its end, or whose answer is not read, gives way where none is idle. Answers that nobody reads end by themselves.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LinkedList, ListNode } from './linked-list.ts';

export interface Connections {
  readonly size: number;
  /** Ends what has no request under way; node's own does not count a connection that never sent one. */
  closeIdle(): void;
  /** Ends the connection that has been sending one request longest, or not reading its answer, a second at the least; false where none is. */
  relieve(): boolean;
}

/** Milliseconds in which a request that is not held back has long been sent, and an answer read. */
const SLOW = 1_000;
/** Bytes of answers that may wait for their readers; beyond, those that have waited longest end. */
const MOST_UNREAD = 256 * 1024 * 1024;

/** One connection, from its first byte to its last. */
class Connection extends ListNode {
  /** The one that came last, while one is under way. */
  request: IncomingMessage | undefined = undefined;
  response: ServerResponse | undefined = undefined;
  /** The whole answer was given, and at the last look was not read yet. */
  unread = false;
  since = 0;
  /** Requests without their answer: a client may send the next one before it has the last answer. */
  open = 0;
  readonly socket: Socket;

  constructor(socket: Socket) {
    super();
    this.socket = socket;
  }
}

/** `stall`: milliseconds in which the reader of an answer takes nothing of it before its connection ends. */
export function boundConnections(
  server: Server,
  max: number,
  tls: boolean,
  stall: number,
): Connections {
  // Under TLS the connection and its requests show two sockets; their addresses tell that they are one.
  const known = tls ? new ByAddress() : new WeakMap<Socket, Connection>();
  /** In the order in which they fell idle. */
  const idle = new LinkedList<Connection>();
  /** In the order in which their requests began. */
  const busy = new LinkedList<Connection>();
  const look = () => endUnread(busy, stall);
  const timer = setInterval(look, SLOW).unref();
  server.once('close', () => clearInterval(timer));
  let size = 0;
  server.on('connection', (socket: Socket) => {
    const connection = new Connection(socket);
    known.set(socket, connection);
    size++;
    idle.join(connection);
    socket.once('close', () => {
      size--;
      connection.leave();
      known.delete(socket);
    });
    if (size <= max) return;
    const oldest = idle.first;
    if (oldest === undefined || (oldest === connection && relieve(busy))) return;
    // Closing takes a turn of the loop; until then it must not be chosen again.
    oldest.leave();
    oldest.socket.destroy();
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const connection = known.get(request.socket);
    if (connection === undefined) return;
    busy.join(connection);
    connection.request = request;
    connection.response = response;
    connection.unread = false;
    connection.since = performance.now();
    connection.open++;
    response.on('close', () => {
      if (--connection.open > 0) return;
      connection.request = undefined;
      connection.response = undefined;
      connection.unread = false;
      if (connection.socket.destroyed) connection.leave();
      else idle.join(connection);
    });
  });
  return {
    get size() {
      return size;
    },
    relieve: () => relieve(busy),
    closeIdle() {
      for (let at = idle.first; at !== undefined; at = idle.first) {
        at.leave();
        at.socket.destroy();
      }
    },
  };
}

/** Ends the first whose request does not come to its end, or whose answer is not read; false where there is none. */
function relieve(busy: LinkedList<Connection>): boolean {
  const before = performance.now() - SLOW;
  for (let at = busy.first; at !== undefined; at = busy.behind(at)) {
    if (at.since > before) return false;
    if (at.request?.complete === true && !at.unread) continue;
    at.leave();
    at.socket.destroy();
    return true;
  }
  return false;
}

/** Answers that are given and not read get a time for it, and together no more memory than there is for them. */
function endUnread(busy: LinkedList<Connection>, stall: number): void {
  let waiting = 0;
  for (let at = busy.first; at !== undefined; at = busy.behind(at)) {
    const socket = at.response?.writableEnded === true ? at.response.socket : null;
    if (socket === null) continue;
    waiting += socket.writableLength;
    // The timer starts anew whenever the reader takes something.
    if (!at.unread) socket.setTimeout(stall);
    at.unread = true;
  }
  let at = busy.first;
  while (at !== undefined && waiting > MOST_UNREAD) {
    const next = busy.behind(at);
    if (at.unread) {
      waiting -= at.response?.socket?.writableLength ?? 0;
      at.leave();
      at.socket.destroy();
    }
    at = next;
  }
}

/** By the other side's address, as it was when the connection came: a socket that is closed no longer tells it. */
class ByAddress {
  readonly #connections = new Map<string, Connection>();
  readonly #addresses = new WeakMap<Socket, string>();

  get(socket: Socket): Connection | undefined {
    return this.#connections.get(addressOf(socket));
  }

  set(socket: Socket, connection: Connection): void {
    const address = addressOf(socket);
    this.#addresses.set(socket, address);
    this.#connections.set(address, connection);
  }

  delete(socket: Socket): void {
    this.#connections.delete(this.#addresses.get(socket) ?? '');
  }
}

const addressOf = ({ remoteAddress, remotePort }: Socket): string =>
  `${remoteAddress} ${remotePort}`;
