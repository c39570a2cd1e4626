/** Capabilities: what agents may ask for. */
import { z } from 'zod';
import { json, jsonObject } from './json.ts';

export const capabilityDefinition = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  action: z.string(),
  execution: z.enum(['provider', 'host']).exactOptional(),
  args: json.exactOptional(),
  resource_from: z.string().exactOptional(),
  fixed: z
    .strictObject({ resource: z.string().exactOptional(), params: jsonObject.exactOptional() })
    .exactOptional(),
  safety: z.enum(['read', 'write', 'destructive']),
  sensitivity: z.enum(['none', 'pii', 'pci', 'secrets', 'memory']).exactOptional(),
  allowed_fields: z.array(z.string()).exactOptional(),
  max_rows: z.number().exactOptional(),
  tags: z.array(z.string()).exactOptional(),
  reversible: z.boolean().exactOptional(),
  cost: z.number().exactOptional(),
  report_within: z.string().exactOptional(),
  rate: z
    .union([z.literal(false), z.strictObject({ max: z.number(), per: z.string() })])
    .exactOptional(),
});

export const capabilityView = capabilityDefinition.extend({
  digest: z.string(),
  status: z.enum(['active', 'pending']),
  source: z.enum(['built-in', 'configuration', 'managed']),
});

export const capabilityViews = z.strictObject({ capabilities: z.array(capabilityView) });

export const capabilityGoal = z.strictObject({
  goal: z.string(),
  tags: z.array(z.string()).exactOptional(),
  limit: z.number().exactOptional(),
});

export const capabilityApproval = z.strictObject({ digest: z.string() });
