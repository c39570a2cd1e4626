/** Who asks, and what a request may say of its surroundings. */
import { z } from 'zod';
import { jsonObject } from './json.ts';

export const principalKind = z.enum(['user', 'agent', 'service', 'scheduler', 'external']);

export const principal = z.strictObject({
  id: z.string(),
  kind: principalKind,
  roles: z.array(z.string()),
  attributes: jsonObject,
});

export const context = z.strictObject({
  principal: z.string().exactOptional(),
  kind: principalKind.exactOptional(),
  roles: z.array(z.string()).exactOptional(),
  on_behalf_of: z.string().exactOptional(),
  ip: z.string().exactOptional(),
  country: z.string().exactOptional(),
  region: z.string().exactOptional(),
  city: z.string().exactOptional(),
  latitude: z.number().exactOptional(),
  longitude: z.number().exactOptional(),
  device: z.string().exactOptional(),
  user_agent: z.string().exactOptional(),
});

const names = z.array(z.string().min(1).max(256)).max(1000);

export const mayAssert = z.strictObject({
  principals: names.exactOptional(),
  roles: names.exactOptional(),
  on_behalf_of: names.exactOptional(),
  context: names.exactOptional(),
  user_turns: z.boolean().exactOptional(),
});
