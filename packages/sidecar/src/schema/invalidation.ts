/** What is over, and what ends it. */
import { z } from 'zod';
import { timestamp } from './json.ts';

const target = z.enum(['session', 'principal', 'role']);

export const invalidationRequest = z.strictObject({
  target,
  id: z.string().min(1).max(256),
  reason: z.string().min(1).max(1000),
});

export const invalidationScope = z.strictObject({
  target,
  id: z.string(),
  reason: z.string(),
  guard: z.string(),
});

export const invalidation = invalidationScope.extend({ at: timestamp, record: z.number() });
