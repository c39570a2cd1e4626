/** What grants ask of the registry of capabilities. */
import type { JsonObject } from '@portcullis/wire';
import type { Action } from '../action/types.ts';
import type { ViewLimits } from '../frame/types.ts';

export interface CapabilityBook {
  /** The definition of this id that is approved; undefined where there is none, or none for this tenant. */
  find(id: string, tenant: string): GrantedCapability | undefined;
  /** Whether an action takes a grant though no rule says so: a capability that was registered as destructive names it. */
  takesGrant(action: string, tenant: string): boolean;
}

export interface GrantedCapability {
  readonly id: string;
  /** Of its definition. */
  readonly digest: string;
  readonly action: string;
  /** Who executes. */
  readonly execution: 'provider' | 'host';
  /** The action's resource and params for these arguments, or what is wrong with them. What the definition fixes, no argument changes. */
  operation(args: JsonObject): Operation | MistakenArgs;
  /** Uses by one principal; undefined where nothing is counted. */
  readonly rate?: UseRate;
  /** Milliseconds that the host has to report; undefined where the definition does not say. */
  readonly reportWithin?: number;
  /** What a frame of its outcome may show. */
  readonly view?: ViewLimits;
  /** Of its arguments the one that becomes the resource: no parameter of the action has this name. */
  readonly resourceFrom?: string;
  /** What of an action is none of the capability's; undefined where it is one. */
  outside(action: Action): string | undefined;
}

export interface UseRate {
  readonly max: number;
  /** Milliseconds. */
  readonly window: number;
}

export interface MistakenArgs {
  readonly wrong: string;
  /** JSON Pointer into the invocation. */
  readonly at: string;
}

export interface Operation {
  readonly resource: string | undefined;
  readonly params: JsonObject;
}
