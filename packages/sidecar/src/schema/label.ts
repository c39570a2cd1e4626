/** Provenance of a value. */
import { z } from 'zod';

export const label = z.strictObject({
  source: z.string(),
  origin: z.string(),
  integrity: z.enum(['trusted', 'untrusted']),
  confidentiality: z.enum(['public', 'private', 'secret']),
});
