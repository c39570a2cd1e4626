/** The public face of the sidecar: what is not here is private. */
export type { Credential } from './auth/credential.ts';
export { RIGHT_MEANING } from './auth/rights.ts';
export { createKeyRing, type FirstKeys, type KeyRing, type KeyRingOptions } from './auth/ring.ts';
export type { LogLevel, LogTarget } from './log.ts';
export { openApi } from './openapi.ts';
export {
  DEFAULT_LIMITS,
  type ServerLimits,
  type SidecarOptions,
  type TlsOptions,
} from './options.ts';
export type { Access, Method, Route } from './route.ts';
export { ROUTES } from './routes/table.ts';
export type { KeyRate, KeyRequest, KeyView } from './schema/key.ts';
export { createSidecar, type Listening, type Sidecar } from './sidecar.ts';
export { WEBHOOK_EVENTS, type WebhookEventType } from './webhooks/events.ts';
export type { RetryTimes, WebhookOptions } from './webhooks/options.ts';
