/**
 * The port through which permitted actions reach the world. A provider holds no policy: it gets an action
 * exactly as permitted, and does that or fails. Only the gate may call `execute`.
 */
import type { Json, JsonObject, Label } from '@portcullis/wire';
import type { ParamsMistake } from '../action/schema/schema.ts';
import type { Action, MaybePromise, ResourceTraits } from '../action/types.ts';
import type { Code } from '../errors.ts';

export interface ActionDefinition extends ResourceTraits {
  /** `fs.read` */
  readonly name: string;
  /** JSON Schema of `params`; unknown params are refused where it says `additionalProperties: false`. */
  readonly params: Json;
  readonly effect: 'read' | 'write' | 'destructive';
  readonly description?: string;
}

export interface ProviderContext {
  readonly signal: AbortSignal;
  readonly tenant: string;
  readonly principal: string;
  readonly session: string;
  readonly actionId: string;
  /**
   * Of `executeStream`: false once nothing that is still to come would be shown or kept. Who can stop there without changing what the action does,
   * stops and says so.
   */
  readonly wanted?: () => boolean;
}

export interface ProviderOutput {
  /** JSON, or bytes: bytes that are UTF-8 become text in the frame, others base64. */
  readonly data: Json | Uint8Array;
  readonly labels: readonly Label[];
}

/** A piece of a result, as it comes. Texts and bytes go on from the piece before; any other value stands by itself. */
export interface ProviderPiece {
  readonly data: Json | Uint8Array;
  readonly labels: readonly Label[];
}

/** A provider's own refusal or failure. `effect` says whether anything may have happened in the world. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: Code;
  readonly effect: 'none' | 'possible';

  constructor(code: Code, message: string, effect: 'none' | 'possible' = 'none', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.effect = effect;
  }
}

export interface Provider {
  /** `fs`, `proc`, `http`, or a user's own name. */
  readonly family: string;
  readonly actions: readonly ActionDefinition[];
  /** What this platform or configuration cannot give, in words; shown at start and in `status`. */
  readonly limits?: readonly string[];
  /** Throws ProviderError; anything else thrown is `provider_error` with a possible effect. */
  execute(action: Action, context: ProviderContext): MaybePromise<ProviderOutput>;
  /**
   * As `execute`, in pieces. The next is asked for when the one before was shown, so that nothing piles up; what it returns is what no piece has
   * said. Left out: who asks for a stream gets the whole result as its last frame.
   */
  executeStream?(
    action: Action,
    context: ProviderContext,
  ): AsyncIterator<ProviderPiece, ProviderOutput, undefined>;
  close?(): MaybePromise<void>;
}

/** Every action that something here executes. */
export interface Registry {
  readonly definitions: readonly ActionDefinition[];
  definition(action: string): ActionDefinition | undefined;
  provider(action: string): Provider | undefined;
  /** The first thing wrong with the params, in words and with a JSON Pointer; undefined when they fit or nothing is declared. */
  check(action: string, params: Readonly<JsonObject>): ParamsMistake | undefined;
}
