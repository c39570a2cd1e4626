/** For tests: bytes on a socket, as no HTTP client would send them. */
import { connect, type Socket } from 'node:net';

export function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  return socket;
}

const TURNS = 10;

/** Sends, and gives what came back until the other side closed, or `wait` ms of silence after something came. */
export function exchange(url: string, bytes: string | Uint8Array, wait = 300): Promise<string> {
  return new Promise((resolve) => {
    const socket = open(url);
    let got = '';
    let timer = setTimeout(done, 30_000);
    function done() {
      clearTimeout(timer);
      socket.destroy();
      resolve(got);
    }
    // Silence is counted in turns of this process: while it does not run, nobody in it answers either.
    function listen(turns: number) {
      clearTimeout(timer);
      timer = turns === 0 ? setTimeout(done, 0) : setTimeout(() => listen(turns - 1), wait / TURNS);
    }
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1');
      listen(TURNS);
    });
    socket.on('close', done);
    socket.write(bytes);
  });
}

/** The statuses of the answers in a stream of bytes. */
export const statuses = (got: string): number[] =>
  [...got.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
