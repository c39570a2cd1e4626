/** The public face of the client: what is not here is private. */
export type {
  ActionRequest,
  Attenuated,
  Caveats,
  DecideRequest,
  Decision,
  Effect,
  Explanation,
  Frame,
  Invalidation,
  InvalidationScope,
  Json,
  JsonObject,
  Kernel,
  KernelEvent,
  KernelStatus,
  Outcome,
  Problem,
  Result,
  SessionView,
  StreamFrame,
} from '@portcullis/wire';
export type { OnApproval } from './approval.ts';
export { type ConnectOptions, connect } from './connect.ts';
export { PortcullisError } from './errors.ts';
export { attenuate } from './token/attenuate.ts';
export { prove, type Sign } from './token/prove.ts';
export type { Fetch } from './transport/fetch.ts';
export type { ClientTls } from './transport/transport.ts';
export {
  verifyWebhook,
  type WebhookChecks,
  type WebhookEvent,
  type WebhookKey,
  type WebhookRequest,
  type WebhookVerdict,
} from './webhook/verify.ts';
