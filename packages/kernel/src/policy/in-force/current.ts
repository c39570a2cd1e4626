/**
 * The policy in force: replaced as a whole, never in part. A preset is a layer of a session, compiled once per policy; a scope stands in the
 * policy's place.
 */
import type { Policy } from '../types.ts';
import { type Scopes, scopeIdOf } from './scopes.ts';

export class CurrentPolicy {
  #policy: Policy;
  readonly #compose: (preset: string) => Policy;
  readonly #presets = new Map<string, Policy>();
  readonly #scopes: Scopes;

  /** `compose` compiles the policy in force together with a preset's layer. */
  constructor(policy: Policy, compose: (preset: string) => Policy, scopes: Scopes) {
    this.#policy = policy;
    this.#scopes = scopes;
    this.#compose = compose;
  }

  for(preset: string | undefined): Policy {
    if (preset === undefined) return this.#policy;
    const scope = scopeIdOf(preset);
    if (scope !== undefined) return this.#scopes.policy(scope);
    let policy = this.#presets.get(preset);
    if (policy === undefined) {
      policy = this.#compose(preset);
      this.#presets.set(preset, policy);
    }
    return policy;
  }

  replace(policy: Policy): void {
    this.#policy = policy;
    this.#presets.clear();
  }
}
