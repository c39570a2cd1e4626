/** What the verbs work with: the wired parts of one kernel. kernel.ts makes it, nobody else. */
import type { Mode, PermitClaims } from '@portcullis/wire';
import type { Approvals } from './approval/approvals.ts';
import type { Behaviours } from './behaviour/call-matcher.ts';
import type { Ledger } from './budget/ledger.ts';
import type { Granting } from './capability/grants/granting.ts';
import type { ConfiguredCapabilities } from './capability/registry/configured.ts';
import type { CapabilityRegistry } from './capability/registry/registry.ts';
import type { CapabilitySearch } from './capability/registry/search.ts';
import type { Rehearsal } from './denial/rehearse.ts';
import type { EventStream } from './events.ts';
import type { Flows } from './flow/flows.ts';
import type { SessionTokens } from './frame/session-tokens.ts';
import type { FrameBudgets } from './frame/types.ts';
import type { Gate } from './gate/gate.ts';
import type { Guard } from './gate/guard.ts';
import type { PermitOffice } from './gate/permit.ts';
import type { Handles } from './handle/handles.ts';
import type { Journal, Vault } from './journal/types.ts';
import type { CurrentPolicy } from './policy/in-force/current.ts';
import type { PolicyOrigin } from './policy/in-force/origin.ts';
import type { Scopes } from './policy/in-force/scopes.ts';
import type { Registry } from './provider/types.ts';
import type { Life } from './session/life.ts';
import type { AnswerRoom } from './state/answer-room.ts';
import type { KernelState } from './state/state.ts';

export interface Parts {
  readonly gate: Gate;
  readonly rehearsal: Rehearsal;
  readonly office: PermitOffice;
  readonly registry: Registry;
  readonly journal: Journal;
  readonly vault: Vault;
  readonly state: KernelState;
  readonly policies: CurrentPolicy;
  readonly policyOrigin: PolicyOrigin;
  readonly scopes: Scopes;
  readonly events: EventStream;
  readonly flows: Flows;
  readonly granting: Granting;
  /** Who may not act gets no grant. */
  readonly sessionStage: Guard;
  readonly settings: Settings;
  readonly life: Life;
  readonly now: () => number;
  /** A salted commitment, lower-case hex: tells nothing of the value to who has no salt. */
  readonly commit: (hexDigest: string) => string;
  readonly budgets: FrameBudgets;
  readonly handles: Handles;
  readonly answers: AnswerRoom;
  readonly ledger: Ledger;
  readonly behaviours: Behaviours;
  readonly capabilities: CapabilityRegistry;
  readonly configured: ConfiguredCapabilities;
  readonly search: CapabilitySearch;
  readonly approvals: Approvals;
  readonly tokens: SessionTokens;
  readonly signPermit: (claims: PermitClaims) => string;
  readonly readPermit: (token: string) => PermitClaims | undefined;
  readonly onMessage: (level: 'notice' | 'fault', message: string) => void;
}

interface Settings {
  readonly mode: Mode;
  readonly durability: 'os' | 'fsync' | 'memory';
  readonly sandbox: 'required' | 'off' | 'unavailable';
  readonly permitTtl: number;
  readonly reportWithin: number;
  /** Milliseconds that a provider may take before the gate gives up on it. */
  readonly providerDeadline: number;
  /** Who has one of these may ask for `raw`. */
  readonly rawRoles: ReadonlySet<string>;
  /** Milliseconds that a handle lives. */
  readonly handleTtl: number;
  readonly limits: readonly string[];
}
