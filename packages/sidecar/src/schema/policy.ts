/** Policy as it is read and written over the wire. */
import { z } from 'zod';

export const policyText = z.strictObject({
  text: z.string(),
  format: z.enum(['yaml', 'json', 'toml']).exactOptional(),
});

export const policyView = z.strictObject({
  digest: z.string(),
  source: z.enum(['file', 'managed', 'code']),
  layers: z.array(
    z.strictObject({
      layer: z.enum(['server', 'tenant', 'session']),
      name: z.string(),
      digest: z.string(),
      rules: z.number(),
      text: z.string().exactOptional(),
    }),
  ),
  pending_error: z.string().exactOptional(),
});

export const policyReport = z.strictObject({
  ok: z.boolean(),
  digest: z.string().exactOptional(),
  rules: z.number(),
  diagnostics: z.array(
    z.strictObject({
      severity: z.enum(['error', 'warning']),
      code: z.string(),
      message: z.string(),
      line: z.number().exactOptional(),
      column: z.number().exactOptional(),
      path: z.string(),
    }),
  ),
});
