/** Records, and what can be asked of the journal. */
import type { ApprovalAnswerView, ApprovalStatus } from './approval.ts';
import type { Effect } from './decision.ts';
import type { ResponseMode } from './frame.ts';
import type { Help } from './help.ts';
import type { Json, JsonObject } from './json.ts';

export type RecordKind = 'decision' | 'outcome' | 'approval' | 'state' | 'system';

/** One line of the journal, parsed. Fields beyond these belong to the kind: docs/journal-format.md. */
export interface JournalRecord extends JsonObject {
  v: number;
  seq: number;
  ts: string;
  kind: RecordKind;
  tenant: string;
  prev: string;
  hash: string;
}

export interface JournalQuery {
  id?: string;
  session?: string;
  principal?: string;
  action?: string;
  effect?: Effect;
  /** Outcome status: ok, error, unknown, not_executed. */
  status?: string;
  kind?: RecordKind;
  /** RFC 3339. */
  since?: string;
  until?: string;
  /** Records after this sequence number. */
  after?: number;
  /** 1 to 1000; default 100. */
  limit?: number;
  /** Newest first. */
  reverse?: boolean;
}

export interface JournalPage {
  readonly records: readonly JournalRecord[];
  /** Pass as `after` for the next page. */
  readonly next?: number;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly records: number;
  readonly checkpoints: number;
  /** Seq of the last record that a checkpoint covers. */
  readonly covered: number;
  readonly first?: number;
  readonly last?: number;
  /** Lower-case hex of the Merkle root over all records, RFC 6962. */
  readonly root?: string;
  /** The first thing that is wrong, if anything is. */
  readonly problem?: VerifyProblem;
  /** A last line that a crash cut short: not tampering, but reported. */
  readonly torn_tail?: { readonly segment: string; readonly bytes: number };
  /**
   * Records `seq` to `known`, which a checkpoint knew, were gone when the journal was opened again, and record `seq` says so. A
   * problem unless it is accepted.
   */
  readonly lost_tail?: readonly { readonly seq: number; readonly known: number }[];
}

export interface VerifyProblem {
  /** edited, reordered, duplicated, missing, truncated, checkpoint_mismatch, bad_signature, malformed, fork, lost_tail. */
  readonly what: string;
  readonly segment: string;
  /** 1-based. */
  readonly line?: number;
  readonly seq?: number;
  readonly message: string;
}

export interface InclusionProof {
  readonly seq: number;
  readonly leaf: string;
  readonly index: number;
  readonly size: number;
  readonly path: readonly string[];
  /** C2SP signed note. */
  readonly checkpoint: string;
}

/** How an outcome was shown: counts, never values. */
export interface ShownOutcome {
  /** Absent: the result itself. */
  readonly mode?: ResponseMode;
  readonly bytes?: number;
  /** Of a summary. */
  readonly facts?: number;
  /** Of the whole result. */
  readonly rows?: number;
  /** How many notes said what was cut or masked. */
  readonly notes: number;
  /** Salted commitment to the handle that the frame named. */
  readonly handle?: string;
}

/** Everything the kernel knows of one action: the requester's view, or the auditor's. */
export interface Explanation {
  readonly id: string;
  readonly view: 'requester' | 'auditor';
  readonly action: string;
  readonly resource?: string;
  readonly principal: string;
  readonly session?: string;
  readonly at: string;
  readonly effect: Effect;
  readonly code: string;
  readonly reason: string;
  readonly remedy?: string;
  /** The help that the requester was told, if it was recorded: for those who may not read the policy, when more is known than the code says. */
  readonly help?: Help;
  /** Who runs it if permitted: the kernel, the host, or nobody. */
  readonly execution?: 'provider' | 'host' | 'none';
  /** Family of the provider that runs the action. */
  readonly provider?: string;
  /** Salted commitment to the action and its parameters, lower-case hex. Empty if admission refused it. */
  readonly params?: string;
  readonly justification?: string;
  /** The grant that it came with, why it was asked for, and how sensitive its capability is as defined now. */
  readonly grant?: {
    readonly id: string;
    readonly capability?: string;
    readonly justification?: string;
    readonly sensitivity?: string;
  };
  /** What the requester was shown of the outcome. */
  readonly shown?: ShownOutcome;
  /** When its handle was paged, and how many rows were given out. */
  readonly expansions?: readonly { readonly at: string; readonly rows: number }[];
  /** Only for those who may read the policy: the permit rules that the action missed, nearest first, and where in the rule. */
  readonly unmet?: readonly { readonly rule: string; readonly conditions: readonly string[] }[];
  /** If people had to see it, or it used what they approved. */
  readonly approval?: {
    /** The action that was held. */
    readonly id: string;
    readonly status?: ApprovalStatus;
    readonly resumed_by?: string;
    readonly answers?: readonly ApprovalAnswerView[];
  };
  readonly outcome?: {
    readonly status: string;
    readonly at?: string;
    readonly error?: Json;
    /** What somebody found out about an unknown outcome. */
    readonly resolved?: { readonly as: 'happened' | 'not'; readonly at: string };
  };
  /** Auditor only: the records themselves, decision first. */
  readonly records?: readonly JournalRecord[];
}
