/** OpenID AuthZEN Authorization API 1.0, sections 5 to 7 and 9: unknown members are ignored, as it demands. */
import { z } from 'zod';
import { jsonObject } from './json.ts';

const text = z.string().min(1).max(4096);

const subject = z.looseObject({
  type: text,
  id: text,
  properties: jsonObject.exactOptional(),
});
const entity = z.looseObject({
  type: text,
  id: text,
  properties: jsonObject.exactOptional(),
});
const authzenAction = z.looseObject({ name: text, properties: jsonObject.exactOptional() });

export const evaluationRequest = z.looseObject({
  subject,
  action: authzenAction,
  resource: entity,
  context: jsonObject.exactOptional(),
});

const semantic = z.enum(['execute_all', 'deny_on_first_deny', 'permit_on_first_permit']);

export const evaluationsRequest = z.looseObject({
  subject: subject.exactOptional(),
  action: authzenAction.exactOptional(),
  resource: entity.exactOptional(),
  context: jsonObject.exactOptional(),
  evaluations: z.array(evaluationRequest.partial()).max(1000).exactOptional(),
  options: z.looseObject({ evaluations_semantic: semantic.exactOptional() }).exactOptional(),
});

export const evaluationResponse = z.strictObject({
  decision: z.boolean(),
  context: jsonObject.exactOptional(),
});

export const evaluationsResponse = z.union([
  z.strictObject({ evaluations: z.array(evaluationResponse) }),
  evaluationResponse,
]);

export const authzenConfiguration = z.strictObject({
  policy_decision_point: z.string(),
  access_evaluation_endpoint: z.string(),
  access_evaluations_endpoint: z.string(),
  access_request_endpoint: z.string(),
  jwks_uri: z.string(),
  capabilities: z.array(z.string()),
});

/** Access Request and Approval Profile, section 6.1: of the denial, what binds. */
const denial = z.looseObject({
  evaluation_id: z.string().max(256).exactOptional(),
  expires_at: z.string().max(64).exactOptional(),
  binding_token: z.string().max(65_536).exactOptional(),
});

export const accessRequest = z.looseObject({
  subject,
  action: authzenAction.exactOptional(),
  resource: entity.exactOptional(),
  context: jsonObject.exactOptional(),
  denial: denial.exactOptional(),
  client: jsonObject.exactOptional(),
  items: z.array(jsonObject).exactOptional(),
  callback: jsonObject.exactOptional(),
});

const approvalResult = z.strictObject({
  mode: z.literal('reevaluate'),
  approval: z.strictObject({
    id: z.string(),
    approved_at: z.string().exactOptional(),
    approved_until: z.string(),
    state: z.string(),
  }),
});

export const accessTask = z.strictObject({
  task: z.strictObject({
    id: z.string(),
    status: z.enum(['pending', 'approved', 'denied', 'expired', 'cancelled']),
    status_endpoint: z.string(),
    expires_at: z.string().exactOptional(),
    links: z.strictObject({ cancel: z.string() }).exactOptional(),
    display: z.strictObject({ title: z.string() }),
  }),
  result: approvalResult.exactOptional(),
});

export const cancellation = z.looseObject({
  reason: z.string().max(256).exactOptional(),
  comment: z.string().max(1_000).exactOptional(),
});

export type AccessRequest = z.infer<typeof accessRequest>;

export type Evaluation = z.infer<typeof evaluationRequest>;
export type Evaluations = z.infer<typeof evaluationsRequest>;
