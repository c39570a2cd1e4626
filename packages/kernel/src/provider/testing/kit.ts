/** What the tests of the providers share: an action as the gate would hand it over, and a scratch directory. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, JsonObject } from '@portcullis/wire';
import { compileParams, type ParamsCheck } from '../../action/schema/schema.ts';
import type { Action } from '../../action/types.ts';
import {
  type Provider,
  type ProviderContext,
  ProviderError,
  type ProviderOutput,
} from '../types.ts';
import { ACTION_REFERENCE, type ActionReference, EVERYWHERE } from './action-reference.ts';

function anAction(name: string, value: string, params: JsonObject = {}): Action {
  const kind = name.slice(0, name.indexOf('.'));
  return Object.freeze({
    name,
    resource: { kind, value },
    params,
    paramsText: JSON.stringify(params),
    digest: '0'.repeat(64),
    hostPath: false,
  });
}

const aContext = (signal: AbortSignal = new AbortController().signal): ProviderContext => ({
  signal,
  tenant: 'default',
  principal: 'bot',
  session: 's',
  actionId: 'a',
});

export async function run(
  provider: Provider,
  name: string,
  value: string,
  params?: JsonObject,
  signal?: AbortSignal,
): Promise<ProviderOutput> {
  const output = await provider.execute(anAction(name, value, params), aContext(signal));
  asDocumented(name, output.data);
  return output;
}

/** docs/actions.md is true of every result that a test sees. */
function asDocumented(name: string, data: Json | Uint8Array): void {
  const known = ACTION_REFERENCE.find(({ definition }) => definition.name === name);
  const wrong = known && resultCheck(known)({ result: data instanceof Uint8Array ? '' : data });
  if (wrong !== undefined)
    throw new Error(`${name} has another result than its page says: ${wrong.text}`);
}

const resultCheck = ({ result }: ActionReference): ParamsCheck =>
  compileParams({ type: 'object', properties: { result } });

/** The ProviderError that the call ends with. */
export async function failure(
  provider: Provider,
  name: string,
  value: string,
  params?: JsonObject,
  signal?: AbortSignal,
): Promise<ProviderError> {
  try {
    await run(provider, name, value, params, signal);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const known = ACTION_REFERENCE.find(({ definition }) => definition.name === name);
    if (known !== undefined && ![...EVERYWHERE, ...known.errors].includes(error.code)) {
      throw new Error(`the page of ${name} does not say that it fails with ${error.code}`);
    }
    return error;
  }
  throw new Error(`${name} was not refused`);
}

export function scratch(): { path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'portcullis-')));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
