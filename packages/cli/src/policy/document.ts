/** The policy document that a command is about: the one that is named, else the configured one, for some commands else the default. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { POLICY_SOURCES } from '../config/effective.ts';
import type { Settings } from '../config/settings.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../exit.ts';

export interface PolicyText {
  readonly path: string;
  readonly text: string;
  readonly format: 'yaml' | 'json' | 'toml';
}

export const MOST_BYTES = 8_388_608;

/** Where relative paths begin. Policies judge canonical paths, so it is the real one, where it is there. */
export function startDirOf({ start_dir: given = '.' }: Settings): string {
  try {
    return realpathSync(given);
  } catch {
    return resolve(given);
  }
}

/** What would be in force: the named one, the configured one, or the default. */
export async function policyInForce(
  context: Context,
  named: string | undefined,
): Promise<PolicyText> {
  const { settings } = await context.configuration();
  if (named !== undefined || POLICY_SOURCES.some((key) => settings[key] !== undefined))
    return policyDocument(context, named);
  const { workspaceRead } = await import('@portcullis/kernel');
  return { path: 'workspace-read', text: workspaceRead(startDirOf(settings)), format: 'yaml' };
}

/** A usage error where none is named and none is configured. */
export async function policyDocument(
  context: Context,
  named: string | undefined,
): Promise<PolicyText> {
  if (named !== undefined) return readPolicy(resolve(named), named);
  const { settings } = await context.configuration();
  const preset = settings['policy.preset'];
  if (preset !== undefined) {
    const { PRESETS } = await import('@portcullis/kernel');
    const text = PRESETS[preset]?.(startDirOf(settings)) ?? '';
    return { path: preset, text, format: 'yaml' };
  }
  const path =
    settings['policy.file'] ??
    (settings['policy.managed'] ? join(settings.data_dir ?? '.', 'policy.yaml') : undefined);
  if (path === undefined) {
    throw new UsageError('no policy is configured: the built-in workspace-read holds', [
      'name a file',
    ]);
  }
  return readPolicy(path, path);
}

/** `shown` is how the user wrote the path. */
export function readPolicy(path: string, shown: string): PolicyText {
  try {
    if (!statSync(path).isFile()) throw new UsageError(`${shown} is not a file`);
    if (statSync(path).size > MOST_BYTES) {
      throw new UsageError(`${shown} is larger than ${MOST_BYTES} bytes`);
    }
    return { path: shown, text: readFileSync(path, 'utf8'), format: formatOf(path) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${shown}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function formatOf(path: string): PolicyText['format'] {
  const extension = extname(path).toLowerCase();
  return extension === '.json' ? 'json' : extension === '.toml' ? 'toml' : 'yaml';
}
