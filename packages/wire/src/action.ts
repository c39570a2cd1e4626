/** An action: what somebody asks for, first as it came in, then as the gate judges it. */
import type { ResponseMode } from './frame.ts';
import type { JsonObject } from './json.ts';
import type { Label } from './label.ts';
import type { Context } from './principal.ts';

export interface Resource {
  /** fs, http, proc, mcp, or other. */
  readonly kind: string;
  /** The canonical text that the gate judges. */
  readonly value: string;
}

/** The body of `submit` and `decide`. */
export interface ActionRequest {
  /** Lower-case ASCII, dots: `fs.read`, `http.post`, `issue_refund`. */
  action: string;
  resource?: string;
  params?: JsonObject;
  session?: string;
  context?: Context;
  justification?: string;
  /**
   * What the caller knows of where its arguments come from, and the kernel cannot: at most 16. They only add: the session bears them from then on,
   * and a value of this action that is found nowhere else counts as untrusted, or as private, as they say.
   */
  labels?: readonly Label[];
  /** Grant token. */
  token?: string;
  /** Needed if the token names a key: `<milliseconds>.<nonce>.<signature>`; docs/grants.md. */
  proof?: string;
  idempotency_key?: string;
  /** Id of a held action to ask for again. */
  resume?: string;
  /** How the frame of `submit` shows the result. Default: the result itself, bounded. */
  response_mode?: ResponseMode;
  /** Makes `submit` over the wire answer with frames as the result comes, the last one final. In a program use `submitStream`. */
  stream?: boolean;
}

/** As `ActionRequest`, without what belongs to running it here. */
export interface DecideRequest
  extends Omit<ActionRequest, 'idempotency_key' | 'response_mode' | 'stream'> {
  /** `host` (the caller executes, a signed permit comes back) or `none` (a pure check). Default `host`. */
  execution?: 'host' | 'none';
  /** Who may redeem the permit: 1 to 256 characters. Default `portcullis`. */
  audience?: string;
}

/** The action as permitted: what runs, byte for byte. */
export interface CanonicalAction {
  readonly name: string;
  readonly resource: Resource;
  readonly params: Readonly<JsonObject>;
}
