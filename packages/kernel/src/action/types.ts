/** What the stages of the gate see of an action. Frozen: the arguments judged are the ones that run. */
import type { CanonicalAction, JsonObject, Resource } from '@portcullis/wire';

/** A canonical action with its digest. */
export interface Action extends CanonicalAction {
  readonly name: string;
  readonly resource: Resource;
  readonly params: Readonly<JsonObject>;
  /** The JCS text of `params`, made once. */
  readonly paramsText: string;
  /** Lower-case hex SHA-256; design section 2. */
  readonly digest: string;
}

export type MaybePromise<T> = T | Promise<T>;
