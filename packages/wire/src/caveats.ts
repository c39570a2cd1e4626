/** What narrows a right: a grant, or an approval for longer than once. */
import type { Json } from './json.ts';

/** What one parameter may be. All tests must pass, on a list for every element. A missing parameter fails. */
export interface ParamCaveat {
  /** Exactly this value. */
  eq?: Json;
  /** One of these. */
  in?: Json[];
  /** Numbers, both ends included. */
  min?: number;
  max?: number;
  /** A path or URL at or below this one, by segments: `/a` covers `/a/b`, never `/ab` and never `/a/../b`. */
  prefix?: string;
}

/** What narrows a grant. All caveats of all blocks of a token must hold. */
export interface Caveats {
  /** The only parameters that may be present, by their names at the top level. */
  keys?: string[];
  /** By JSON Pointer: `/amount`. */
  params?: { [pointer: string]: ParamCaveat };
  /** Patterns over the canonical resource, as policy rules write them; one must match. */
  resources?: string[];
  /** How many permitted actions it allows, over everybody who holds this block. */
  uses?: number;
  /** Milliseconds since the epoch. */
  expires?: number;
  /** Good in this session only. */
  session?: string;
  /** Each use must prove possession of this Ed25519 key: 32 bytes, base64url. */
  proof_key?: string;
}
