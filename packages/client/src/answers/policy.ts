/** The policy, and how the kernel is. */
import type {
  KernelStatus,
  PolicyDiagnostic,
  PolicyLayerView,
  PolicyReport,
  PolicyView,
} from '@portcullis/wire';
import { anyObject, count, flag, list, object, oneOf, optional, text } from '../shape.ts';
import { mode } from './common.ts';

export const policyView = object<PolicyView>({
  digest: text,
  source: oneOf('file', 'managed', 'code'),
  layers: list(
    object<PolicyLayerView>({
      layer: oneOf('server', 'tenant', 'session'),
      name: text,
      digest: text,
      rules: count,
      text: optional(text),
    }),
  ),
  pending_error: optional(text),
});
export const policyReport = object<PolicyReport>({
  ok: flag,
  digest: optional(text),
  rules: count,
  diagnostics: list(
    object<PolicyDiagnostic>({
      severity: oneOf('error', 'warning'),
      code: text,
      message: text,
      line: optional(count),
      column: optional(count),
      path: text,
    }),
  ),
});
export const status = object<KernelStatus>({
  version: text,
  api: oneOf('v1'),
  features: list(text),
  mode,
  frozen: flag,
  freezes: list(oneOf('all', 'tenant')),
  policy: anyObject,
  sandbox: oneOf('required', 'off', 'unavailable'),
  durability: oneOf('os', 'fsync', 'memory'),
  journal: anyObject,
  sessions: count,
  held: count,
  unknown: count,
  limits: list(text),
});
