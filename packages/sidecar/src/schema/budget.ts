/** Budgets, and what was taken of them. */
import { z } from 'zod';

export const budgetView = z.strictObject({
  name: z.string(),
  of: z.enum(['calls', 'money', 'bytes', 'time', 'tokens']),
  subject: z.record(z.string(), z.string()),
  max: z.number(),
  used: z.number(),
  remaining: z.number(),
  per: z.number().exactOptional(),
});
