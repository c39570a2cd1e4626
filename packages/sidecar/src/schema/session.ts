/** Sessions: what opens one, and how one looks. */
import { z } from 'zod';
import { timestamp } from './json.ts';
import { label } from './label.ts';
import { context } from './principal.ts';

const quarantine = z.enum(['none', 'read_only', 'isolated', 'frozen']);

export const sessionOptions = z.strictObject({
  preset: z.string().exactOptional(),
  scope: z.string().exactOptional(),
  on_behalf_of: z.string().exactOptional(),
  label: z.string().max(200).exactOptional(),
  parent: z.string().exactOptional(),
  context: context.exactOptional(),
});

export const turn = z.strictObject({ role: z.literal('user'), text: z.string() });

export const vouchRequest = z.strictObject({
  value: z.string().min(1).max(65_536),
  reason: z.string().min(1).max(1000),
});

export const quarantineRequest = z.strictObject({
  level: quarantine,
  reason: z.string().min(1).max(1000),
});

export const sessionView = z.strictObject({
  id: z.string(),
  principal: z.string(),
  on_behalf_of: z.string().exactOptional(),
  label: z.string().exactOptional(),
  preset: z.string().exactOptional(),
  scope: z.string().exactOptional(),
  parent: z.string().exactOptional(),
  opened: timestamp,
  status: z.enum(['open', 'closed', 'invalidated']),
  quarantine,
  actions: z.number(),
  denied: z.number(),
  labels: z.array(label),
});
