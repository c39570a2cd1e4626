/** How the kernel is, to who asks. Nothing secret: any authenticated caller may see it. */
import type { KernelStatus } from '@portcullis/wire';
import type { Parts } from '../../parts.ts';
import { FEATURES, VERSION } from '../../version.ts';

/** Without a tenant: what holds for every one. */
export function status(parts: Parts, tenant?: string): KernelStatus {
  const { journal, settings, state } = parts;
  const freezes = state.freezes.of(tenant);
  const policy = parts.policies.for(undefined);
  return {
    version: VERSION,
    api: 'v1',
    features: FEATURES,
    mode: settings.mode,
    frozen: freezes.length > 0,
    freezes,
    policy: { digest: policy.digest, rules: policy.rules, source: parts.policyOrigin.kind },
    sandbox: settings.sandbox,
    durability: settings.durability,
    journal: { seq: journal.seq, writable: journal.writable, id: journal.id },
    sessions: state.sessions.size,
    held: parts.approvals.size,
    unknown: state.unknown.size,
    limits: settings.limits,
  };
}
