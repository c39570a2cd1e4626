/**
 * The other half of a runner in another language: a process that opens one case at a time behind a sidecar and changes its world when
 * asked. One JSON object a line on standard input, one answer a line on standard output; conformance/README.md has the protocol.
 */
import { createInterface } from 'node:readline';
import type { Json, JsonObject } from '@portcullis/wire';
import { secretTexts } from './canaries.ts';
import { type Case, fill, generate, loadCases } from './case.ts';
import { closing } from './invariants.ts';
import { openWire, type WireTarget } from './wire.ts';

const cases = new Map<string, Case>(loadCases().map((one) => [one.name, one]));
let target: WireTarget | undefined;
let spoiled = false;

async function answer(message: JsonObject): Promise<Json> {
  switch (message.op) {
    case 'cases':
      return { cases: [...cases.values()].map(({ name, needs = [] }) => ({ name, needs })) };
    case 'open':
      return await open(String(message.case));
    case 'world':
      return await act(message.request as JsonObject);
    case 'close':
      return await close((message.decided ?? []) as string[]);
    default:
      throw new Error(`no such op: ${String(message.op)}`);
  }
}

async function open(name: string): Promise<Json> {
  const one = cases.get(name);
  if (one === undefined) throw new Error(`no such case: ${name}`);
  if (target !== undefined) throw new Error('close the case that is open first');
  target = await openWire(one.setup, 'unix');
  spoiled = one.closing === false;
  const steps = generate(fill(one.steps as unknown as Json, target.world.variables));
  return { ...where(target), keys: { ...target.keys }, canaries: [...secretTexts], steps };
}

const where = ({ url, socketPath }: WireTarget) => ({ url, socket: socketPath });

async function act(request: JsonObject): Promise<Json> {
  const here = opened();
  if (request.restart) await here.restart();
  return { value: here.world.act(request), ...where(here) };
}

async function close(decided: readonly string[]): Promise<Json> {
  const here = opened();
  target = undefined;
  try {
    if (spoiled) return { differences: [] };
    return { differences: await closing(here, new Set(decided)) };
  } finally {
    await here.close();
  }
}

function opened(): WireTarget {
  if (target === undefined) throw new Error('no case is open');
  return target;
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply: Json;
  try {
    reply = await answer(JSON.parse(line) as JsonObject);
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
await target?.close();
