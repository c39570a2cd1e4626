/** Who asks. The credential says it; what a request asserts is checked against the credential. */
import type { JsonObject } from './json.ts';

export type PrincipalKind = 'user' | 'agent' | 'service' | 'scheduler' | 'external';

export interface Principal {
  readonly id: string;
  readonly kind: PrincipalKind;
  readonly roles: readonly string[];
  readonly attributes: Readonly<JsonObject>;
}

/** The surroundings of a request, as far as the credential may assert them. */
export interface Context {
  /** Act as this principal: needs `may_assert.principals`. */
  principal?: string;
  kind?: PrincipalKind;
  /** Act with these roles: needs `may_assert.roles`. */
  roles?: string[];
  /** The user behind the agent: needs `may_assert.on_behalf_of`. */
  on_behalf_of?: string;
  ip?: string;
  /** ISO 3166 alpha-2. */
  country?: string;
  region?: string;
  city?: string;
  /** Degrees, WGS 84. */
  latitude?: number;
  longitude?: number;
  device?: string;
  user_agent?: string;
}

/** What a credential may say about others; empty by default. `*` stands for any. */
export interface MayAssert {
  principals?: string[];
  roles?: string[];
  on_behalf_of?: string[];
  /** Context fields: ip, country, region, city, latitude, longitude, device, user_agent. */
  context?: string[];
  /** May pass the user's own turns. */
  user_turns?: boolean;
}
