/**
 * Policies of one's own beside the server's: each belongs to the credential that made it and holds for sessions opened in it, in place of the
 * server's. They live as long as the process; what is left of a session whose scope is gone is denied everything.
 */
import { randomBytes } from 'node:crypto';
import type { Mode, ScopeView } from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import { type DeclaredParams, loadPolicy, type PolicyFormat } from '../index.ts';
import type { Policy } from '../types.ts';

export interface ScopeOwner {
  readonly tenant: string;
  readonly credential: string;
}

export interface Scope extends ScopeOwner {
  readonly id: string;
  readonly mode: Mode;
  readonly policy: Policy;
}

/** In all; each is a compiled policy. */
const MOST = 1_000;
const PREFIX = 'scope:';

/** How a session says that it is judged by a scope: its place among presets, which no preset's name can take. */
export const scopeName = (id: string): string => PREFIX + id;

/** The scope's id; undefined for a preset, or nothing. */
export const scopeIdOf = (preset: string | undefined): string | undefined =>
  preset?.startsWith(PREFIX) === true ? preset.slice(PREFIX.length) : undefined;

export class Scopes {
  readonly #scopes = new Map<string, Scope>();
  readonly #declaredParams: DeclaredParams;
  readonly #nothing: Policy = loadPolicy([]);

  constructor(declaredParams: DeclaredParams) {
    this.#declaredParams = declaredParams;
  }

  /** Throws `invalid_policy`, and `conflict` where there are too many. */
  create(owner: ScopeOwner, text: string, format: PolicyFormat, mode: Mode): Scope {
    if (this.#scopes.size >= MOST)
      throw new PortcullisError('conflict', `there are ${MOST} scopes already`);
    const id = `scp_${randomBytes(16).toString('base64url')}`;
    const { tenant, credential } = owner;
    const scope = { id, tenant, credential, mode, policy: this.#load(id, text, format) };
    this.#scopes.set(id, scope);
    return scope;
  }

  /** Throws `invalid_policy`, and the last good one stays. */
  replace(owner: ScopeOwner, id: string, text: string, format: PolicyFormat): Scope {
    const scope = { ...this.of(owner, id), policy: this.#load(id, text, format) };
    this.#scopes.set(id, scope);
    return scope;
  }

  drop(owner: ScopeOwner, id: string): Scope {
    const scope = this.of(owner, id);
    this.#scopes.delete(id);
    return scope;
  }

  /** Throws `not_found`: another's answers like none. */
  of({ tenant, credential }: ScopeOwner, id: string): Scope {
    const scope = this.#scopes.get(id);
    if (scope?.tenant !== tenant || scope.credential !== credential)
      throw new PortcullisError('not_found', 'there is no such scope');
    return scope;
  }

  modeOf(id: string): Mode | undefined {
    return this.#scopes.get(id)?.mode;
  }

  policy(id: string): Policy {
    return this.#scopes.get(id)?.policy ?? this.#nothing;
  }

  #load(id: string, text: string, format: PolicyFormat): Policy {
    // A layer of sessions: its rates are told apart by its name.
    const layer = { layer: 'session', name: scopeName(id), text, format } as const;
    return loadPolicy([layer], { declaredParams: this.#declaredParams });
  }
}

export const scopeView = ({ id, mode, policy }: Scope): ScopeView => ({
  id,
  digest: policy.digest,
  rules: policy.rules,
  mode,
  audience: scopeName(id),
});
