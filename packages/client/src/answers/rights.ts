/** Capabilities, grants and budgets. */
import type {
  Attenuated,
  BudgetView,
  CapabilityView,
  GrantAnswer,
  GrantPage,
  GrantView,
  Revocation,
} from '@portcullis/wire';
import {
  anyObject,
  anything,
  count,
  flag,
  list,
  number,
  object,
  oneOf,
  optional,
  text,
} from '../shape.ts';
import { recordRef } from './common.ts';
import { decision } from './result.ts';

export const capability = object<CapabilityView>({
  id: text,
  name: text,
  description: text,
  action: text,
  execution: optional(oneOf('provider', 'host')),
  args: optional(anything),
  resource_from: optional(text),
  fixed: optional(anyObject),
  safety: oneOf('read', 'write', 'destructive'),
  sensitivity: optional(oneOf('none', 'pii', 'pci', 'secrets', 'memory')),
  allowed_fields: optional(list(text)),
  max_rows: optional(count),
  tags: optional(list(text)),
  reversible: optional(flag),
  cost: optional(number),
  report_within: optional(text),
  rate: optional(anything),
  digest: text,
  status: oneOf('active', 'pending'),
  source: oneOf('built-in', 'configuration', 'managed'),
});
export const capabilities = object<{ capabilities: readonly CapabilityView[] }>({
  capabilities: list(capability),
});
export const budgets = object<{ budgets: readonly BudgetView[] }>({
  budgets: list(
    object<BudgetView>({
      name: text,
      of: oneOf('calls', 'money', 'bytes', 'time', 'tokens'),
      subject: anyObject,
      max: number,
      used: number,
      remaining: number,
      per: optional(number),
    }),
  ),
});
export const grantAnswer = object<GrantAnswer>({
  decision,
  session: text,
  record: optional(recordRef),
  id: optional(text),
  token: optional(text),
  capability: optional(text),
  principal: optional(text),
  caveats: optional(list(anyObject)),
  expires: optional(count),
  uses: optional(count),
  parent: optional(text),
});
export const attenuated = object<Attenuated>({ token: text, block: text });
const grantView = object<GrantView>({
  id: text,
  capability: text,
  principal: text,
  caveats: list(anyObject),
  issued: count,
  expires: count,
  uses: count,
  used: count,
  parent: optional(text),
  justification: optional(text),
  revoked: flag,
});
export const grantPage = object<GrantPage>({ grants: list(grantView), next: optional(text) });
export const revocation = object<Revocation>({ grants: count, record: recordRef });
