/** `attenuate` for who cannot do it offline: the same function, asked of the kernel. It needs no right and leaves no record, for it gives nothing. */
import type { Attenuated } from '@portcullis/wire';
import { readAttenuation } from '../../capability/grants/request.ts';
import { attenuate as narrowed } from '../../capability/token/token.ts';
import { PortcullisError } from '../../errors.ts';
import type { Parts } from '../../parts.ts';

/** Throws `token_invalid` where the token can be read by nobody, is sealed, or would be too long. */
export function attenuate(parts: Parts, input: unknown): Attenuated {
  const read = readAttenuation(input);
  if (!read.ok) throw new PortcullisError(read.code, read.message);
  const { token, caveats, ttl, seal } = read.request;
  const whole = ttl === undefined ? caveats : { ...caveats, expires: parts.now() + Math.ceil(ttl) };
  const made = narrowed(token, whole, { seal });
  if ('fault' in made)
    throw new PortcullisError('token_invalid', `it cannot be narrowed: ${made.fault}`);
  return made;
}
