/** What the tests of the providers share: an action as the gate would hand it over, and a scratch directory. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@portcullis/wire';
import type { Action } from '../../action/types.ts';
import {
  type Provider,
  type ProviderContext,
  ProviderError,
  type ProviderOutput,
} from '../types.ts';

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
  return provider.execute(anAction(name, value, params), aContext(signal));
}

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
    if (error instanceof ProviderError) return error;
    throw error;
  }
  throw new Error(`${name} was not refused`);
}

export function scratch(): { path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'portcullis-')));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
