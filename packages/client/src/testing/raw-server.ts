/** For tests: a server on a real socket that answers with raw bytes, and a client of it; both gone after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kernel } from '@portcullis/wire';
import { type ConnectOptions, connect, PortcullisError } from '../index.ts';

const STATUS = {
  version: '0.1.0',
  api: 'v1',
  features: [],
  mode: 'enforce',
  frozen: false,
  freezes: [],
  policy: { digest: 'd', rules: 0, source: 'code' },
  sandbox: 'required',
  durability: 'os',
  journal: { seq: 1, writable: true, id: 'j' },
  sessions: 0,
  held: 0,
  unknown: 0,
  limits: [],
};
export const RESULT = {
  action: { name: 'fs.read', resource: { kind: 'fs', value: '/a' }, params: {} },
  decision: { id: 'a', effect: 'deny', code: 'no_matching_rule', reason: 'nothing permits this' },
  session: 's',
  mode: 'enforce',
  outcome: { status: 'not_executed', duration_ms: 0 },
  record: { seq: 1, hash: 'h' },
};

export const http = (body: string, head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json') =>
  `${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

type Reply = (socket: Socket, request: string) => void;
const open: { server?: Server; kernels: Kernel[]; sockets: Set<Socket>; dirs: string[] } = {
  kernels: [],
  sockets: new Set(),
  dirs: [],
};

/** Answers `/v1/status` well, and everything else as told. */
export async function serve(
  reply: Reply,
  options: ConnectOptions = {},
  unix = false,
): Promise<Kernel> {
  const server = createServer((socket) => {
    open.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const request = data.toString();
      if (!/^[A-Z]+ \//.test(request)) return;
      if (request.includes(' /v1/status')) socket.write(http(JSON.stringify(STATUS)));
      else reply(socket, request);
    });
  });
  open.server = server;
  if (unix) {
    const dir = mkdtempSync(join(tmpdir(), 'client-'));
    open.dirs.push(dir);
    await new Promise<void>((done) => server.listen(join(dir, 's'), done));
    const kernel = await connect({ socketPath: join(dir, 's'), timeout: 2_000, ...options });
    open.kernels.push(kernel);
    return kernel;
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const kernel = await connect({
    url: `http://127.0.0.1:${port}`,
    apiKey: 'k',
    timeout: 2_000,
    ...options,
  });
  open.kernels.push(kernel);
  return kernel;
}

/** Ends what a test opened: `afterEach(closeAll)`. */
export async function closeAll(): Promise<void> {
  for (const kernel of open.kernels.splice(0)) await kernel.close();
  for (const socket of open.sockets) socket.destroy();
  open.sockets.clear();
  await new Promise<void>((done) => (open.server ? open.server.close(() => done()) : done()));
  for (const dir of open.dirs.splice(0)) rmSync(dir, { recursive: true });
}

/** The PortcullisError that it fails with; anything else is thrown on. */
export const failure = async (work: Promise<unknown>): Promise<PortcullisError> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof PortcullisError) return error;
    throw error;
  }
  throw new Error('it answered');
};
export const read = { action: 'fs.read', resource: 'a' } as const;
