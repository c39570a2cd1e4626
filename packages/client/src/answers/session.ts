/** Sessions, scopes, and what was ended. */
import type { Invalidation, ScopeView, SessionView } from '@portcullis/wire';
import { count, flag, list, object, oneOf, optional, text } from '../shape.ts';
import { invalidationMembers, label, mode } from './common.ts';

export const sessionView = object<SessionView>({
  id: text,
  principal: text,
  on_behalf_of: optional(text),
  label: optional(text),
  preset: optional(text),
  scope: optional(text),
  parent: optional(text),
  opened: text,
  status: oneOf('open', 'closed', 'invalidated'),
  quarantine: oneOf('none', 'read_only', 'isolated', 'frozen'),
  actions: count,
  denied: count,
  labels: list(label),
});
export const scopeView = object<ScopeView>({
  id: text,
  digest: text,
  rules: count,
  mode,
  audience: text,
});
export const invalidation = object<Invalidation>({
  ...invalidationMembers,
  at: text,
  record: count,
});
export const invalidations = object<{ invalidations: readonly Invalidation[] }>({
  invalidations: list(invalidation),
});
export const restored = object<{ restored: boolean }>({ restored: flag });
