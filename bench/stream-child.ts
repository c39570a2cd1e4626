/** Streams a result of so many bytes, made on loopback, through a kernel; prints the most of heap and external memory that was live on the way, and the seconds. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withKernel } from './folder.ts';
import { live } from './live.ts';

const size = Number(process.argv[2]);
const LINE = `${'0123456789abcdef'.repeat(8)} and some words, as a log has them\n`;
const PIECE = Buffer.from(LINE.repeat(400));
/** Frames between two looks. */
const EVERY = 512;

function send(response: ServerResponse): void {
  let sent = 0;
  const more = (): void => {
    while (sent < size) {
      const part = PIECE.subarray(0, Math.min(PIECE.length, size - sent));
      sent += part.length;
      if (!response.write(part)) {
        response.once('drain', more);
        return;
      }
    }
    response.end();
  };
  more();
}

const server = createServer((_, response) => send(response));
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
const policy = {
  version: 1,
  rules: [{ name: 'get', effect: 'permit', when: { action: 'http.get' } }],
};
const options = { policy, builtins: ['http'] as const, privateHosts: [host] };
const answer = await withKernel({ ...options, frame: { stream: 2 ** 50 } }, async (kernel) => {
  const before = live();
  const began = performance.now();
  let most = 0;
  let frames = 0;
  let characters = 0;
  const call = {
    action: 'http.get',
    resource: `http://${host}/`,
    params: { timeout_ms: 300_000 },
  };
  for await (const frame of kernel.submitStream(call)) {
    if (frame.final) {
      if (frame.result?.outcome.status !== 'ok') throw new Error(JSON.stringify(frame.result));
      break;
    }
    characters += (frame.data as string).length;
    if (frames++ % EVERY === 0) most = Math.max(most, live() - before);
  }
  if (characters !== size) throw new Error(`${characters} of ${size} characters came through`);
  return { most, seconds: (performance.now() - began) / 1_000 };
});
server.close();
console.log(JSON.stringify(answer));
