/** Requests about actions. The kernel's admission reads them; these say the same to whoever writes a client. */
import { z } from 'zod';
import { jsonObject } from './json.ts';
import { label } from './label.ts';
import { context } from './principal.ts';

const resource = z.strictObject({ kind: z.string(), value: z.string() });

export const responseMode = z.enum(['summary', 'table', 'handle_only', 'raw']);

export const actionRequest = z.strictObject({
  action: z.string().meta({ examples: ['fs.read'] }),
  resource: z.string().exactOptional(),
  params: jsonObject.exactOptional(),
  session: z.string().exactOptional(),
  context: context.exactOptional(),
  justification: z.string().exactOptional(),
  labels: z.array(label).max(16).exactOptional(),
  token: z.string().exactOptional(),
  proof: z.string().exactOptional(),
  idempotency_key: z.string().exactOptional(),
  resume: z.string().exactOptional(),
  response_mode: responseMode.exactOptional(),
  stream: z.boolean().exactOptional(),
});

export const decideRequest = z.strictObject({
  ...actionRequest.omit({ idempotency_key: true, response_mode: true, stream: true }).shape,
  execution: z.enum(['host', 'none']).exactOptional(),
  audience: z.string().exactOptional(),
});

export const canonicalAction = z.strictObject({ name: z.string(), resource, params: jsonObject });

export const permitCheck = z.strictObject({
  permit: z.string(),
  audience: z.string().exactOptional(),
  action: canonicalAction.exactOptional(),
  on_behalf_of: z.string().exactOptional(),
  accept_observed: z.boolean().exactOptional(),
});
