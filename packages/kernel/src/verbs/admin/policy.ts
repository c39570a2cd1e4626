/** The policy in force, shown and replaced: replacing it is an administrative action. */
import { hash } from 'node:crypto';
import type { PolicyView } from '@portcullis/wire';
import type { Caller } from '../../gate/guard.ts';
import type { Parts } from '../../parts.ts';
import type { PolicyFormat } from '../../policy/index.ts';
import { administer, overTenants } from './administer.ts';

export function policyView(parts: Parts, caller: Caller): PolicyView {
  return parts.policyOrigin.view(caller.rights.has('policy'));
}

export async function replacePolicy(
  parts: Parts,
  caller: Caller,
  text: string,
  format: PolicyFormat,
): Promise<PolicyView> {
  await administer(
    parts,
    caller,
    {
      name: 'portcullis.policy.replace',
      right: 'policy',
      params: { digest: hash('sha256', text, 'hex'), format },
    },
    () => {
      parts.policyOrigin.replace(text, format, caller.credential);
      return true;
    },
    overTenants(caller),
  );
  return policyView(parts, caller);
}
