/** How the kernel is, what it tells as it goes, and what an error looks like. */
import { z } from 'zod';
import { json, timestamp } from './json.ts';
import { mode, recordRef, result } from './result.ts';

export const kernelStatus = z.strictObject({
  version: z.string(),
  api: z.literal('v1'),
  features: z.array(z.string()),
  mode,
  frozen: z.boolean(),
  freezes: z.array(z.enum(['all', 'tenant'])),
  policy: z.strictObject({ digest: z.string(), rules: z.number(), source: z.string() }),
  sandbox: z.enum(['required', 'off', 'unavailable']),
  durability: z.enum(['os', 'fsync', 'memory']),
  journal: z.strictObject({ seq: z.number(), writable: z.boolean(), id: z.string() }),
  sessions: z.number(),
  held: z.number(),
  unknown: z.number(),
  limits: z.array(z.string()),
});

export const freezeRequest = z.strictObject({
  on: z.boolean(),
  reason: z.string().min(1).max(1000),
});

export const readiness = z.strictObject({
  ready: z.boolean(),
  version: z.string(),
  api: z.literal('v1'),
  features: z.array(z.string()),
  mode,
});

export const kernelEvent = z
  .object({ seq: z.number(), type: z.string(), at: timestamp })
  .catchall(json);

export const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().exactOptional(),
  code: z.string(),
  retry: z.enum(['never', 'later', 'after_change', 'after_approval']),
  retry_after: z.number().exactOptional(),
  record: recordRef.exactOptional(),
  result: result.exactOptional(),
});
