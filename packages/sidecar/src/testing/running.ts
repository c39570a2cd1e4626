/** For tests: a real sidecar over a real kernel in a directory of its own, and a way to ask it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Right } from '@portcullis/kernel';
import type { Json } from '@portcullis/wire';
import type { SidecarOptions } from '../options.ts';
import type { KeyRequest } from '../schema/key.ts';
import { createSidecar, type Listening } from '../sidecar.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

interface Ask {
  readonly key?: string | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, as `application/json` unless the headers say otherwise. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

export interface Running extends Listening {
  readonly dir: string;
  readonly dataDir: string;
  readonly apiKey: string;
  readonly adminKey: string;
  readonly logs: string[];
  /** Asks with the api key unless told otherwise; `key: undefined` asks as nobody. */
  ask(method: string, path: string, ask?: Ask): Promise<Answer>;
  /** A key with these rights, for a principal of its own. */
  keyWith(rights: readonly Right[], more?: Partial<KeyRequest>): string;
  clear(): Promise<void>;
}

/** A policy that permits what starts with `ok.` and reads below the start directory. */
const POLICY = {
  version: 1,
  rules: [
    { name: 'ok', effect: 'permit', when: { action: 'ok.*' } },
    { name: 'no', effect: 'deny', when: { action: 'no.*' }, reason: 'never that' },
  ],
};

export async function running(options: SidecarOptions = {}): Promise<Running> {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-sidecar-'));
  const logs: string[] = [];
  const dataDir = options.dataDir ?? join(dir, 'data');
  let listening: Listening;
  try {
    listening = await createSidecar({
      port: 0,
      dataDir,
      startDir: dir,
      policy: POLICY,
      builtins: ['fs'],
      logTarget: { write: (line) => void logs.push(line) },
      ...options,
    }).listen();
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  const key = (name: string) => readFileSync(join(dataDir, name), 'utf8').trim();
  const apiKey = key('api-key');
  let made = 0;
  return {
    ...listening,
    dir,
    dataDir,
    logs,
    apiKey,
    adminKey: key('admin-key'),
    ask: (method, path, ask = {}) => request(listening.url, method, path, { key: apiKey, ...ask }),
    keyWith: (rights, more = {}) =>
      listening.keys.create('default', {
        principal: { id: `bot-${made++}` },
        rights: [...rights],
        ...more,
      }).key,
    async clear() {
      await listening.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function request(base: string, method: string, path: string, ask: Ask): Promise<Answer> {
  const body = ask.raw ?? (ask.json === undefined ? undefined : JSON.stringify(ask.json));
  const response = await fetch(base + path, {
    method,
    headers: {
      ...(ask.key === undefined ? {} : { authorization: `Bearer ${ask.key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...ask.headers,
    },
    ...(body === undefined ? {} : { body: body as string }),
    ...(ask.signal === undefined ? {} : { signal: ask.signal }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Waits until it holds; fails after five seconds. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it never came to hold');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
