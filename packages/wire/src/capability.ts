/** Capabilities: what agents may ask for, described for people, models and policy. A definition is pinned by its digest. */
import type { Json, JsonObject } from './json.ts';

export interface CapabilityDefinition {
  /** `crm.refund`: lower-case ASCII parts with dots, at most 128 characters. */
  id: string;
  name: string;
  description: string;
  /** The action that may be asked for. */
  action: string;
  /** Who runs it. Default: the action's provider if there is one, else the host. */
  execution?: 'provider' | 'host';
  /** JSON Schema of the arguments of `invoke`; checked before policy. Default: any object. */
  args?: Json;
  /** The argument that becomes the resource. */
  resource_from?: string;
  /** Parameters that no argument can change. */
  fixed?: { resource?: string; params?: JsonObject };
  safety: 'read' | 'write' | 'destructive';
  sensitivity?: 'none' | 'pii' | 'pci' | 'secrets' | 'memory';
  /** Members of a result's rows that a frame shows; the others are left out. */
  allowed_fields?: string[];
  /** Rows of a frame and of all its pages together. */
  max_rows?: number;
  tags?: string[];
  reversible?: boolean;
  /** A relative number, for people and models. */
  cost?: number;
  /** How long a host may take to report: a duration. */
  report_within?: string;
  /** How many uses one principal has within a duration; false for no rate. Default: the rate of its safety class. */
  rate?: CapabilityRate | false;
}

interface CapabilityRate {
  /** From 1. */
  max: number;
  /** A duration: `1m`. */
  per: string;
}

export interface CapabilityView extends Readonly<CapabilityDefinition> {
  /** Lower-case hex SHA-256 of the definition. */
  readonly digest: string;
  /** `pending`: changed, and not in force until somebody approves its digest. */
  readonly status: 'active' | 'pending';
  readonly source: 'built-in' | 'configuration' | 'managed';
}

export interface CapabilityGoal {
  /** What is to be done, in words; at most 1,000 characters. */
  goal: string;
  /** All of them. */
  tags?: string[];
  /** 1 to 100; default 10. */
  limit?: number;
}
