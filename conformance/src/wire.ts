/** Cases behind a sidecar: a key for each actor, and a client for each key, over TCP or the unix socket. */
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { connect } from '@portcullis/client';
import { createSidecar, type KeyRequest, type Listening } from '@portcullis/sidecar';
import type { Json, JsonObject, Kernel } from '@portcullis/wire';
import type { Actor, Setup } from './case.ts';
import { actorsOf, type Target } from './target.ts';
import { World } from './world.ts';

export type Way = 'tcp' | 'unix';

export interface WireTarget extends Target {
  readonly url: string;
  readonly socketPath: string;
  readonly keys: Readonly<Record<string, string>>;
}

export async function openWire(setup: Setup, way: Way): Promise<WireTarget> {
  const world = await World.open(setup);
  const socketPath = join(world.root, 'run', 'portcullis.sock');
  const kernels = new Map<string, Promise<Kernel>>();
  let listening: Listening;
  const logs: string[] = [];
  const start = () =>
    createSidecar({
      ...world.hostOptions(),
      port: 0,
      socketPath,
      logLevel: 'trace',
      logTarget: { write: (line) => void logs.push(line) },
    }).listen();
  try {
    listening = await start();
  } catch (error) {
    await world.close();
    throw error;
  }
  const keys = Object.fromEntries(
    Object.entries(actorsOf(setup)).map(([name, actor]) => [
      name,
      listening.keys.create('default', keyOf(actor)).key,
    ]),
  );
  const forget = async () => {
    for (const kernel of kernels.values()) await (await kernel).close();
    kernels.clear();
  };
  return {
    world,
    keys,
    socketPath,
    get url() {
      return listening.url;
    },
    kernel(name) {
      let kernel = kernels.get(name);
      if (kernel === undefined) {
        const where = way === 'tcp' ? { url: listening.url } : { socketPath };
        kernel = connect({ ...where, apiKey: keys[name] as string });
        kernels.set(name, kernel);
      }
      return kernel;
    },
    raw: (request, actor) =>
      rawRequest(
        way === 'tcp' ? { port: new URL(listening.url).port } : { socketPath },
        request,
        keys[actor] as string,
      ),
    async egress() {
      const metrics = await fetch(`${listening.url}/metrics`, {
        headers: { authorization: `Bearer ${keys.admin}` },
      });
      return { 'the logs': logs.join(''), 'the metrics': await metrics.text() };
    },
    async restart() {
      await forget();
      await listening.close();
      listening = await start();
    },
    async close() {
      await forget();
      await listening.close();
      await world.close();
    },
  };
}

function keyOf(actor: Required<Actor>): KeyRequest {
  return {
    principal: actor.principal,
    rights: actor.rights,
    may_assert: actor.may_assert,
  } as KeyRequest;
}

/** Sends exactly what the step says. The actor's key goes along unless the step has an `authorization` of its own. */
function rawRequest(
  where: { port: string } | { socketPath: string },
  step: JsonObject,
  key: string,
): Promise<Json> {
  const body = step.body === undefined ? undefined : String(step.body);
  const headers: Record<string, string> = {
    host: '127.0.0.1',
    authorization: `Bearer ${key}`,
    ...((step.headers ?? {}) as Record<string, string>),
  };
  if (headers.authorization === '') delete headers.authorization;
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  const { promise, resolve, reject } = Promise.withResolvers<Json>();
  const request = httpRequest(
    {
      ...('port' in where ? { host: '127.0.0.1', port: where.port } : where),
      method: String(step.method),
      path: String(step.path),
      headers,
      agent: false,
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ http_status: response.statusCode ?? 0, body: parsed(text) }),
      );
    },
  );
  request.on('error', reject);
  request.end(body);
  return promise;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
