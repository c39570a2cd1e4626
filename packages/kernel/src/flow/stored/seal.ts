/** Names as records and state hold them: keyed, so that nobody without the salt reads or guesses them, and short. */
import { hash } from 'node:crypto';

/** 72 bits: by chance no two of a tenant's names meet. */
const LENGTH = 12;
/** Names whose seals are remembered: paths share most of theirs. */
const REMEMBERED = 4_096;

export type Seal = (key: readonly string[]) => readonly string[];

export function sealer(salt: Uint8Array): Seal {
  const known = new Map<string, string>();
  const prefix = `portcullis/stored/v1\0${Buffer.from(salt).toString('hex')}\0`;
  const one = (name: string): string => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const sealed = hash('sha256', prefix + name, 'base64url').slice(0, LENGTH);
    if (known.size >= REMEMBERED) known.clear();
    if (name.length <= 256) known.set(name, sealed);
    return sealed;
  };
  return (key) => key.map(one);
}
