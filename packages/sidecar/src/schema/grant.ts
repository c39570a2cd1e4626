/** Grants: asked for, narrowed, used, revoked. The kernel reads these requests; the schemas say the same to whoever writes a client. */
import { z } from 'zod';
import { responseMode } from './action.ts';
import { caveats } from './caveats.ts';
import { jsonObject } from './json.ts';
import { context } from './principal.ts';
import { decision, recordRef } from './result.ts';

export const constraints = z.strictObject({ ...caveats.shape, ttl: z.number().exactOptional() });

export const grantRequest = z.strictObject({
  capability: z.string().exactOptional(),
  justification: z.string().exactOptional(),
  constraints: constraints.exactOptional(),
  session: z.string().exactOptional(),
  context: context.exactOptional(),
  delegate_to: z.string().exactOptional(),
  token: z.string().exactOptional(),
  proof: z.string().exactOptional(),
  proof_key: z.string().exactOptional(),
  execution: z.literal('none').exactOptional(),
});

export const grantAnswer = z.strictObject({
  decision,
  session: z.string(),
  record: recordRef.exactOptional(),
  id: z.string().exactOptional(),
  token: z.string().exactOptional(),
  capability: z.string().exactOptional(),
  principal: z.string().exactOptional(),
  caveats: z.array(caveats).exactOptional(),
  expires: z.number().exactOptional(),
  uses: z.number().exactOptional(),
  parent: z.string().exactOptional(),
});

export const attenuateRequest = z.strictObject({
  token: z.string(),
  caveats: constraints,
  seal: z.boolean().exactOptional(),
});

export const attenuated = z.strictObject({ token: z.string(), block: z.string() });

export const grantQuery = z.strictObject({
  principal: z.string().exactOptional(),
  capability: z.string().exactOptional(),
  after: z.string().exactOptional(),
  limit: z.number().int().min(1).max(1000).exactOptional(),
});

export const grantView = z.strictObject({
  id: z.string(),
  capability: z.string(),
  principal: z.string(),
  caveats: z.array(caveats),
  issued: z.number(),
  expires: z.number(),
  uses: z.number(),
  used: z.number(),
  parent: z.string().exactOptional(),
  justification: z.string().exactOptional(),
  revoked: z.boolean(),
});

export const grantPage = z.strictObject({
  grants: z.array(grantView),
  next: z.string().exactOptional(),
});

export const revokeRequest = z.strictObject({
  grant: z.string().exactOptional(),
  principal: z.string().exactOptional(),
  capability: z.string().exactOptional(),
  block: z.string().exactOptional(),
  reason: z.string(),
});

export const revocation = z.strictObject({ grants: z.number(), record: recordRef });

export const invokeRequest = z.strictObject({
  token: z.string(),
  args: jsonObject.exactOptional(),
  session: z.string().exactOptional(),
  context: context.exactOptional(),
  justification: z.string().exactOptional(),
  idempotency_key: z.string().exactOptional(),
  resume: z.string().exactOptional(),
  response_mode: responseMode.exactOptional(),
  stream: z.boolean().exactOptional(),
  proof: z.string().exactOptional(),
});
