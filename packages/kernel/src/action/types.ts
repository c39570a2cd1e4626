/** What the stages of the gate see of an action. Frozen: the arguments judged are the ones that run. */
import type { CanonicalAction, JsonObject, Resource } from '@portcullis/wire';

/** A canonical action with its digest. */
export interface Action extends CanonicalAction {
  readonly name: string;
  readonly resource: Resource;
  readonly params: Readonly<JsonObject>;
  /** The JCS text of `params`, made once. */
  readonly paramsText: string;
  /** Lower-case hex SHA-256 of what `digest.ts` says it binds. */
  readonly digest: string;
  /** The path is lexical, for the host executes: no link in it was resolved here. */
  readonly hostPath: boolean;
}

/** How the gate reads the resource of an action. */
export type ResourceFamily = 'fs' | 'http' | 'proc' | 'mcp' | 'other';

/** What an action's definition says of its resource. */
export interface ResourceTraits {
  readonly resource: ResourceFamily;
  /** Parameters that would restate the resource, refused where present: `path`, `url`. */
  readonly restates?: readonly string[];
  /** Parameters that are paths, judged and run in their canonical form: `to`, `cwd`. */
  readonly paths?: readonly string[];
  /** Where the definition is pinned: its digest, which becomes part of the action's. */
  readonly digest?: string;
}

export type MaybePromise<T> = T | Promise<T>;
