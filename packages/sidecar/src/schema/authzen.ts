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
});

export type Evaluation = z.infer<typeof evaluationRequest>;
export type Evaluations = z.infer<typeof evaluationsRequest>;
