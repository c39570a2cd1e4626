/**
 * A client in a process of its own: keeps some connections busy with one request, answer by answer, for a while, and prints how many answers came a second.
 * `load.ts WHERE PATH KEY BODY_FILE CONNECTIONS MILLISECONDS`; WHERE is a port, or the path of a unix socket.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

const [where = '', path = '', key = '', file = '', connections = '', milliseconds = ''] =
  process.argv.slice(2);
const body = readFileSync(file, 'utf8');
const request = Buffer.from(
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);

let answers = 0;
const LENGTH = /\r\ncontent-length: (\d+)/i;

/** Asks again as soon as the answer is whole. */
function keepBusy(socket: Socket): void {
  let got: Buffer = Buffer.alloc(0);
  let whole = 0;
  socket.on('data', (chunk: Buffer) => {
    got = got.length === 0 ? chunk : Buffer.concat([got, chunk]);
    if (whole === 0) {
      const head = got.indexOf('\r\n\r\n');
      if (head === -1) return;
      const text = got.toString('latin1', 0, head);
      if (!text.startsWith('HTTP/1.1 200')) throw new Error(got.toString());
      whole = head + 4 + Number(LENGTH.exec(text)?.[1]);
    }
    if (got.length < whole) return;
    answers++;
    got = Buffer.alloc(0);
    whole = 0;
    socket.write(request);
  });
  socket.write(request);
}

const target = /^\d+$/.test(where) ? { port: Number(where), host: '127.0.0.1' } : { path: where };
const sockets = Array.from({ length: Number(connections) }, () => {
  const socket = connect(target);
  socket.setNoDelay(true);
  socket.on('connect', () => keepBusy(socket));
  return socket;
});
const settle = Number(milliseconds) / 4;
setTimeout(() => {
  const before = answers;
  const began = performance.now();
  setTimeout(() => {
    console.log(((answers - before) * 1000) / (performance.now() - began));
    for (const socket of sockets) socket.destroy();
  }, Number(milliseconds));
}, settle);
