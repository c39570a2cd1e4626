/** The HTTP server that cases call: a few routes that behave, and several that do not. It counts what reached it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

export interface CaseServer {
  /** `127.0.0.1:port` */
  readonly authority: string;
  readonly hits: string[];
  close(): Promise<void>;
}

export async function startServer(): Promise<CaseServer> {
  const hits: string[] = [];
  const server: Server = createServer((request, response) => {
    hits.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    authority: `127.0.0.1:${address.port}`,
    hits,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

type Route = (response: ServerResponse, query: URLSearchParams) => void;

const ROUTES: Readonly<Record<string, Route>> = {
  '/text': (response) => response.setHeader('content-type', 'text/plain').end('hello'),
  '/json': (response) => response.setHeader('content-type', 'application/json').end('{"a":1}'),
  '/missing': (response) => response.writeHead(404).end('not here'),
  '/redirect': (response, query) =>
    response.writeHead(302, { location: query.get('to') ?? '/' }).end(),
  '/big': (response, query) => response.end('x'.repeat(Number(query.get('bytes')))),
  '/bomb': (response, query) =>
    response
      .writeHead(200, { 'content-encoding': 'gzip' })
      .end(gzipSync(Buffer.alloc(Number(query.get('bytes'))))),
  '/cut': (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half');
    setImmediate(() => response.destroy());
  },
  '/silent': () => {},
  '/cookie': (response) => response.writeHead(200, { 'set-cookie': 'session=c4n4ry' }).end('ok'),
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://x');
  const route = ROUTES[url.pathname];
  if (route === undefined) echo(request, response);
  else route(response, url.searchParams);
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    const { method, url, headers } = request;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method, url, headers, body }));
  });
}
