import { PortcullisError } from '@portcullis/kernel';
import { afterEach, expect, test } from 'vitest';
import { createApp } from './app.ts';
import { createKeyRing } from './auth/ring.ts';
import { problem } from './http/answer.ts';
import { createListener, type Fetch, type Listener } from './http/listener.ts';
import { AllowedHosts } from './http/origin.ts';
import { createLog } from './log.ts';
import { DEFAULT_LIMITS } from './options.ts';
import { ROUTES } from './routes/table.ts';
import type { Serving } from './serve.ts';
import { Turn } from './turn.ts';

let listener: Listener | undefined;
afterEach(() => listener?.server.close());

test('a refusal that cannot be recorded is answered, and the server goes on', async () => {
  const keys = createKeyRing();
  const serving = {
    keys,
    names: new AllowedHosts([], []),
    log: createLog('silent'),
    turn: new Turn(() => {}),
    metrics: { route: () => ({ done: () => {} }), refused: () => {} },
    crowd: 10,
    kernelOf: () => ({}),
    context: {
      underWay: { count: 0 },
      streams: { open: 0 },
      draining: new AbortController().signal,
    },
    host: {
      recordRefusal: () => {
        throw new PortcullisError('journal_unavailable');
      },
    },
    faulted: () => problem(new PortcullisError('kernel_fault')),
  } as unknown as Serving;
  const fetchApp = createApp(ROUTES, serving).fetch as Fetch;
  listener = createListener({ fetch: fetchApp, broken: () => {} }, DEFAULT_LIMITS);
  const { server } = listener;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const post = (body: string, query = '') =>
    fetch(`http://127.0.0.1:${port}/v1/outcomes${query}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${keys.first?.apiKey}`,
        'content-type': 'application/json',
        connection: 'close',
      },
      body,
    });
  for (const refused of [post('{'), post('{"permit":1}'), post('{}', '?x=1')]) {
    const answer = await refused;
    expect([answer.status, await answer.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'journal_unavailable' }),
    ]);
  }
  expect(serving.context.underWay.count).toBe(0);
});
