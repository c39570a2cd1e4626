/** For tests: a server that takes webhooks, and answers as it is told. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape
  readonly event: any;
}

export interface Receiver {
  readonly url: string;
  readonly taken: Received[];
  /** What it answers from now on; `hang` answers nothing. */
  answer: number | 'hang';
  close(): Promise<void>;
}

export async function receiver(port = 0): Promise<Receiver> {
  const taken: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { method = '', url = '', headers } = request;
    taken.push({ method, path: url, headers, text, event: JSON.parse(text) });
    if (made.answer === 'hang') return;
    response.writeHead(made.answer, made.answer === 302 ? { location: '/elsewhere' } : {});
    response.end('thanks');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const made: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks?t=1`,
    taken,
    answer: 200,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return made;
}
