/** Making, changing and ending a policy of one's own: administrative actions of who may write policy. */
import { hash } from 'node:crypto';
import type { ScopeRequest, ScopeView } from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import type { Caller } from '../../gate/guard.ts';
import type { Parts } from '../../parts.ts';
import { scopeView } from '../../policy/in-force/scopes.ts';
import type { PolicyFormat } from '../../policy/index.ts';
import { administer } from './administer.ts';

const ownerOf = ({ tenant, credential }: Caller) => ({ tenant, credential });

export async function createScope(
  parts: Parts,
  caller: Caller,
  { policy, format = 'yaml', mode = parts.settings.mode }: ScopeRequest,
): Promise<ScopeView> {
  if (typeof policy !== 'string')
    throw new PortcullisError('malformed_request', 'policy is a text');
  if (mode !== 'enforce' && mode !== 'observe')
    throw new PortcullisError('malformed_request', 'mode is enforce or observe');
  const params = { digest: hash('sha256', policy, 'hex'), format, mode };
  const made = await administer(
    parts,
    caller,
    { name: 'portcullis.scope.create', right: 'policy', params },
    () => ({ ...scopeView(parts.scopes.create(ownerOf(caller), policy, format, mode)) }),
  );
  return made as unknown as ScopeView;
}

export async function replaceScope(
  parts: Parts,
  caller: Caller,
  id: string,
  text: string,
  format: PolicyFormat,
): Promise<ScopeView> {
  const params = { id, digest: hash('sha256', text, 'hex'), format };
  const changed = await administer(
    parts,
    caller,
    { name: 'portcullis.scope.replace', right: 'policy', params },
    () => ({ ...scopeView(parts.scopes.replace(ownerOf(caller), id, text, format)) }),
  );
  return changed as unknown as ScopeView;
}

export async function dropScope(parts: Parts, caller: Caller, id: string): Promise<ScopeView> {
  const ended = await administer(
    parts,
    caller,
    { name: 'portcullis.scope.drop', right: 'policy', params: { id } },
    () => ({ ...scopeView(parts.scopes.drop(ownerOf(caller), id)) }),
  );
  return ended as unknown as ScopeView;
}
