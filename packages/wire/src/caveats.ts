/** What narrows a right: a grant, or an approval for longer than once. */
import type { Json } from './json.ts';

/** What one parameter may be. All that is said has to hold; of a list, for every element. A parameter that is not there fails. */
export interface ParamCaveat {
  /** Exactly this value. */
  eq?: Json;
  /** One of these. */
  in?: Json[];
  /** Numbers, both ends in. */
  min?: number;
  max?: number;
  /** A path or URL at or below this one, by segments: `/a` holds `/a/b`, never `/ab` and never `/a/../b`. */
  prefix?: string;
}

/** What narrows a grant. All caveats of all blocks of a token have to hold. */
export interface Caveats {
  /** The parameters that may be there at all, by their names at the top level. */
  keys?: string[];
  /** By JSON Pointer: `/amount`. */
  params?: { [pointer: string]: ParamCaveat };
  /** Patterns over the canonical resource, as policy rules write them; one has to match. */
  resources?: string[];
  /** So many permitted actions, over everybody who holds this block. */
  uses?: number;
  /** Milliseconds since the epoch. */
  expires?: number;
  /** One session alone. */
  session?: string;
  /** Who uses it proves that it holds this Ed25519 key: 32 bytes, base64url. */
  proof_key?: string;
}
