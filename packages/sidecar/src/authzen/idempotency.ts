/** Idempotency-Key of access requests (profile, section 6.1): of one credential, for a day, so many; one that comes back with another body is a mistake. */
import { hash } from 'node:crypto';
import { jcs } from '@portcullis/kernel';
import type { Json } from '@portcullis/wire';
import type { Credential } from '../auth/credential.ts';

const KEPT = 86_400_000;
/** Keys of one credential; the oldest gives way. */
const MOST = 1_000;

interface Seen {
  readonly body: string;
  readonly task: string;
  readonly until: number;
}

const seen = new WeakMap<Credential, Map<string, Seen>>();

const digest = (body: unknown): string => hash('sha256', jcs(body as Json), 'hex');

/** The task that this key made; `other` where it was for something else. */
export function taskOfKey(
  credential: Credential,
  key: string,
  body: unknown,
  now: number,
): { readonly task: string } | 'other' | undefined {
  const found = seen.get(credential)?.get(hash('sha256', key));
  if (found === undefined || now > found.until) return undefined;
  return found.body === digest(body) ? { task: found.task } : 'other';
}

export function rememberKey(
  credential: Credential,
  key: string,
  body: unknown,
  task: string,
  now: number,
): void {
  const own = seen.get(credential) ?? new Map<string, Seen>();
  seen.set(credential, own);
  const name = hash('sha256', key);
  own.delete(name);
  own.set(name, { body: digest(body), task, until: now + KEPT });
  const [oldest] = own.keys();
  if (own.size > MOST && oldest !== undefined) own.delete(oldest);
}
