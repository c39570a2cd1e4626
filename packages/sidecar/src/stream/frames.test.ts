/** Frames over HTTP: as they come, refused as anything is, ended by who leaves; a stop of the sidecar loses no outcome. */
import { type ClientRequest, request } from 'node:http';
import { connect } from '@portcullis/client';
import { type Provider, ProviderError, type ProviderOutput } from '@portcullis/kernel';
import type { Kernel, StreamFrame } from '@portcullis/wire';
import { afterEach, expect, test } from 'vitest';
import { eventually, type Running, running } from '../testing/running.ts';

const all: Running[] = [];
const kernels: Kernel[] = [];
const requests: ClientRequest[] = [];
afterEach(async () => {
  for (const one of requests.splice(0)) one.destroy();
  for (const one of kernels.splice(0)) await one.close();
  for (const one of all.splice(0)) await one.clear();
});

const label = {
  source: 'ok',
  origin: 'here',
  integrity: 'untrusted',
  confidentiality: 'public',
} as const;

/** `ok.lines`: so many lines; where steps are taken, one for each. */
function lines(): Provider & { step(): void; running: number } {
  let steps = 0;
  let stepped: () => void = () => {};
  const provider = {
    family: 'ok',
    running: 0,
    step: () => {
      steps++;
      stepped();
    },
    actions: ['ok.lines', 'ok.plain'].map((name) => ({
      name,
      resource: 'other' as const,
      params: { type: 'object' },
      effect: 'write' as const,
    })),
    execute: (): ProviderOutput => ({ data: 'all of it', labels: [label] }),
    async *executeStream(
      { params }: Parameters<Provider['execute']>[0],
      { signal }: Parameters<Provider['execute']>[1],
    ) {
      provider.running++;
      try {
        for (let at = 0; at < Number(params.count ?? 3); at++) {
          while (params.steps === true && steps === 0 && !signal.aborted)
            await new Promise<void>((resolve) => {
              stepped = resolve;
              signal.addEventListener('abort', () => resolve(), { once: true });
            });
          if (params.steps === true) steps--;
          if (signal.aborted) throw new ProviderError('cancelled', 'stopped', 'possible');
          yield { data: `line ${at} of it\n`, labels: [label] };
        }
        return { data: { lines: Number(params.count ?? 3) }, labels: [label] };
      } finally {
        provider.running--;
      }
    },
  };
  return provider;
}

async function start(options: Parameters<typeof running>[0] = {}) {
  const provider = lines();
  const one = await running({ providers: [provider], ...options });
  all.push(one);
  return { one, provider };
}

async function clientOf(one: Running, unix = false): Promise<Kernel> {
  const where = unix ? { socketPath: one.socketPath as string } : { url: one.url };
  const kernel = await connect({ ...where, apiKey: one.apiKey });
  kernels.push(kernel);
  return kernel;
}

interface Reading {
  text: string;
  ended: boolean;
  status: number;
  leave(): void;
}

/** Posts, and reads what comes as it comes. */
function post(one: Running, body: object, path = '/v1/submit', key = one.apiKey): Promise<Reading> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const made = request(one.url + path, { method: 'POST', headers }, (response) => {
      const reading: Reading = {
        text: '',
        ended: false,
        status: response.statusCode ?? 0,
        leave: () => made.destroy(),
      };
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        reading.text += chunk;
      });
      response.on('error', () => {});
      response.on('close', () => {
        reading.ended = true;
      });
      resolve(reading);
    });
    made.on('error', () => {});
    requests.push(made);
    made.end(JSON.stringify(body));
  });
}

const framesOf = ({ text }: Reading): StreamFrame[] =>
  [...text.matchAll(/^id: (\d+)\nevent: (frame|final)\ndata: (.+)\n\n/gm)].map(
    ([, id, event, data]) => {
      const frame = JSON.parse(data as string) as StreamFrame;
      expect(frame).toMatchObject({ seq: Number(id), final: event === 'final' });
      return frame;
    },
  );

const outcomes = async (one: Running) =>
  (await one.ask('GET', '/v1/journal?kind=outcome', { key: one.adminKey })).body.records;

test('frames as they come, the last one with the result', async () => {
  const { one, provider } = await start();
  const reading = await post(one, { action: 'ok.lines', params: { steps: true }, stream: true });
  expect(reading.status).toBe(200);
  for (const at of [0, 1, 2]) {
    expect(framesOf(reading)).toHaveLength(at);
    provider.step();
    await eventually(() => framesOf(reading).length > at);
    expect(framesOf(reading)[at]).toMatchObject({ data: `line ${at} of it\n`, labels: [label] });
  }
  await eventually(() => reading.ended);
  expect(framesOf(reading).at(-1)).toMatchObject({
    final: true,
    data: { lines: 3 },
    result: { decision: { effect: 'permit' }, outcome: { status: 'ok' } },
  });
  expect(await outcomes(one)).toMatchObject([{ status: 'ok', frames: 3 }]);
});

test('curl reads it: server-sent events and nothing else', async () => {
  const { one } = await start();
  const { status, headers, text } = await one.ask('POST', '/v1/submit', {
    json: { action: 'ok.lines', params: { count: 1 }, stream: true },
  });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/event-stream');
  expect(text).toMatch(
    /^id: 0\nevent: frame\ndata: \{"data":"line 0.*\}\n\nid: 1\nevent: final\ndata: \{.*\}\n\n$/,
  );
});

test('what admission refuses is a problem document; a denial is one frame; false is no stream', async () => {
  const { one } = await start();
  const bad = await one.ask('POST', '/v1/submit', { json: { action: 'NO', stream: true } });
  expect(bad).toMatchObject({ status: 400, body: { code: 'invalid_action' } });
  const odd = await one.ask('POST', '/v1/submit', { json: { action: 'ok.lines', stream: 'yes' } });
  expect(odd).toMatchObject({ status: 400, body: { code: 'malformed_request' } });
  const denied = await one.ask('POST', '/v1/submit', { json: { action: 'no.way', stream: true } });
  expect(denied.text).toMatch(/^id: 0\nevent: final\ndata: .*"effect":"deny"/);
  const once = await one.ask('POST', '/v1/submit', { json: { action: 'ok.lines', stream: false } });
  expect(once.body).toMatchObject({ frame: { data: 'all of it' } });
  const nobody = await one.ask('POST', '/v1/submit', {
    key: one.keyWith(['explain']),
    json: { action: 'ok.lines', stream: true },
  });
  expect(nobody).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  const token = await one.ask('POST', '/v1/invoke', { json: { token: 'nope', stream: true } });
  expect(token.text).toMatch(/"code":"token_invalid"/);
});

test('who leaves ends the call, and a comment is sent while nothing comes', async () => {
  const { one, provider } = await start({ limits: { heartbeat: 20 } });
  const reading = await post(one, { action: 'ok.lines', params: { steps: true }, stream: true });
  await eventually(() => reading.text.includes(': \n\n'));
  expect(provider.running).toBe(1);
  reading.leave();
  await eventually(() => provider.running === 0);
  await eventually(async () => (await outcomes(one)).length === 1);
  expect(await outcomes(one)).toMatchObject([{ status: 'unknown', error: { code: 'cancelled' } }]);
});

test('a reader that takes nothing is dropped, and that is an outcome', async () => {
  const { one, provider } = await start({
    limits: { stall: 300 },
    frame: { stream: 2 ** 30 },
  });
  const made = request(`${one.url}/v1/submit`, {
    method: 'POST',
    headers: { authorization: `Bearer ${one.apiKey}`, 'content-type': 'application/json' },
  });
  requests.push(made);
  made.on('error', () => {});
  made.on('response', (response) => response.pause());
  made.end(JSON.stringify({ action: 'ok.lines', params: { count: 10_000_000 }, stream: true }));
  await eventually(() => provider.running === 1);
  await eventually(() => provider.running === 0);
  await eventually(async () => (await outcomes(one)).length === 1);
});

test('a key that is revoked gets no more', async () => {
  const { one, provider } = await start();
  const key = one.keyWith(['submit']);
  const reading = await post(
    one,
    { action: 'ok.lines', params: { steps: true }, stream: true },
    '/v1/submit',
    key,
  );
  await eventually(() => provider.running === 1);
  const id = key.split('_')[1] as string;
  await one.ask('DELETE', `/v1/keys/${id}`, { key: one.adminKey });
  await eventually(() => reading.ended);
  expect(framesOf(reading)).toEqual([]);
  await eventually(() => provider.running === 0);
});

test('a sidecar that stops records what its streams came to', async () => {
  const { one, provider } = await start({ limits: { drain: 50 } });
  const reading = await post(one, { action: 'ok.lines', params: { steps: true }, stream: true });
  await eventually(() => provider.running === 1);
  await one.close();
  expect(reading.ended).toBe(true);
  const { dataDir } = one;
  const again = await running({ dataDir, providers: [lines()] });
  all.push(again);
  const [outcome] = (await again.ask('GET', '/v1/journal?kind=outcome', { key: one.adminKey })).body
    .records;
  expect(outcome).toMatchObject({ status: 'unknown', error: { code: 'cancelled' } });
});

test.each([
  ['tcp', false],
  ['a unix socket', true],
])('the client iterates them over %s', async (_, unix) => {
  const { one, provider } = await start();
  const kernel = await clientOf(one, unix);
  const got: StreamFrame[] = [];
  for await (const frame of kernel.submitStream({ action: 'ok.lines' })) got.push(frame);
  expect(got.map(({ data }) => data).slice(0, -1)).toEqual(
    [0, 1, 2].map((at) => `line ${at} of it\n`),
  );
  expect(got.at(-1)).toMatchObject({ final: true, result: { outcome: { status: 'ok' } } });

  for await (const frame of kernel.submitStream({
    action: 'ok.lines',
    params: { count: 1_000_000 },
  }))
    if (frame.seq === 3) break;
  await eventually(() => provider.running === 0);

  // Though nothing comes.
  const stream = kernel
    .submitStream({ action: 'ok.lines', params: { steps: true } })
    [Symbol.asyncIterator]();
  const waiting = stream.next();
  await eventually(() => provider.running === 1);
  await stream.return?.();
  expect(await waiting).toMatchObject({ done: true });
  await eventually(() => provider.running === 0);

  const denied = kernel.submitStream({ action: 'no.way' })[Symbol.asyncIterator]();
  expect((await denied.next()).value).toMatchObject({
    final: true,
    result: { decision: { effect: 'deny' } },
  });
  const refused = kernel.submitStream({ action: 'NO' })[Symbol.asyncIterator]();
  expect((await refused.next()).value).toMatchObject({
    final: true,
    result: { decision: { code: 'invalid_action' } },
  });
  // A verb that answers once does so, whatever the request says.
  expect(await kernel.submit({ action: 'ok.lines', stream: true })).toMatchObject({
    frame: { data: 'all of it' },
  });
});
