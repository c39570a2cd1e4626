/** Policies of one's own beside the server's. */
import { z } from 'zod';
import { mode } from './result.ts';

export const scopeText = z.strictObject({
  policy: z.string(),
  format: z.enum(['yaml', 'json', 'toml']).exactOptional(),
});

export const scopeRequest = scopeText.extend({ mode: mode.exactOptional() });

export const scopeView = z.strictObject({
  id: z.string(),
  digest: z.string(),
  rules: z.number(),
  mode,
  audience: z.string(),
});
