/** What the name of a member says of its value. */
import { isSecretName } from './names.ts';
import { isPersonalName } from './personal.ts';

export interface Member {
  readonly secret: boolean;
  /** `max_tokens: 4096`: a number is no secret. */
  readonly counts: boolean;
  /** Carries what a secret's object is about; the other members only describe it. */
  readonly payload: boolean;
  readonly personal: boolean;
}

export const memberOf = (name: string): Member => ({
  secret: isSecretName(name),
  counts: /tokens$/i.test(name),
  payload: /^(?:value|data|payload|plaintext)$/i.test(name),
  personal: isPersonalName(name),
});

/** `{"name": "DB_PASSWORD", "value": "…"}`: a pair whose first half names the secret. */
export const namesSecret = (source: Record<string, unknown>): boolean => {
  const name = source.name ?? source.key;
  return typeof name === 'string' && isSecretName(name);
};
