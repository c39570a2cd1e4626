/** `webhooks` of the file as the sidecar takes them: secrets and keys stand in files of their own, that only their owner may read. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { WebhookOptions } from '@portcullis/sidecar';
import { UsageError } from '../exit.ts';
import type { Configuration } from './effective.ts';

/** Throws a UsageError where a file cannot be read, or by others too. */
export function webhookOptions({ file, settings }: Configuration): WebhookOptions[] | undefined {
  const base = file === undefined ? '.' : dirname(file);
  return settings.webhooks?.map((said, index) => {
    const read = (key: 'secret_file' | 'key_file' | 'ca_file'): string | undefined => {
      const path = said[key];
      const place = `webhooks.${index}.${key}`;
      return path === undefined ? undefined : textOf(resolve(base, path), place, key !== 'ca_file');
    };
    const members = {
      url: said.url,
      name: said.name,
      events: said.events,
      tenant: said.tenant,
      secret: read('secret_file')?.trim(),
      key: read('key_file'),
      keyId: said.key_id,
      details: said.details,
      private: said.private,
      ca: read('ca_file'),
    };
    const given = Object.entries(members).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given) as unknown as WebhookOptions;
  });
}

/** Where the secrets of webhooks are: no action reaches them. */
export function webhookFiles({ file, settings }: Configuration): readonly string[] {
  const base = file === undefined ? '.' : dirname(file);
  const named = (settings.webhooks ?? []).flatMap((one) => [one.secret_file, one.key_file]);
  return named.flatMap((path) => (path === undefined ? [] : resolve(base, path)));
}

function textOf(path: string, place: string, isPrivate: boolean): string {
  try {
    if (isPrivate && process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
      throw new UsageError(`${place}: ${path} can be read by others`, [`chmod 600 ${path}`]);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${place}: cannot read ${path}: ${(error as { code?: string }).code}`);
  }
}
