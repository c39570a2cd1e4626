/**
 * The kernel as a host sees it: one gate, many callers. A sidecar authenticates a credential, makes a Caller of it,
 * and speaks through `as(caller)`; a library user gets the same through `createKernel`.
 */
import type {
  CapabilityDefinition,
  Json,
  JsonObject,
  Kernel,
  KernelStatus,
  Mode,
  Principal,
} from '@portcullis/wire';
import type { ClassRateOptions } from './capability/rates.ts';
import type { LabelOption } from './flow/label-files/label-set.ts';
import type { TokenBudget } from './frame/session-tokens.ts';
import type { FrameBudgets } from './frame/types.ts';
import type { Caller } from './gate/guard.ts';
import type { Provider } from './provider/types.ts';
import type { Right } from './rights.ts';
import type { DriftOptions } from './session/drift.ts';
import type { SessionLife } from './session/life.ts';

export interface HostOptions {
  /** Where journal, vault and keys live. Left out: everything in memory, gone at close. */
  readonly dataDir?: string;
  /** `os` survives kill -9, `fsync` survives power loss. Default `os`; `memory` without a data dir. */
  readonly durability?: 'os' | 'fsync';
  /** Which records share one write of the journal: those of a `tick`, fastest for one caller, or of a `turn` of the event loop, for a server with many. Default `tick`. */
  readonly grouping?: 'tick' | 'turn';
  readonly mode?: Mode;
  /** The policy: a text or plain object, a file that is watched, or one that is managed over HTTP. Default: `workspace-read`. */
  readonly policy?: PolicyOption;
  /** Where relative paths start, and what `workspace-read` permits to read. Default: the working directory. */
  readonly startDir?: string;
  /** Label files: where results come from and what arguments are for. An error in one is an error here. Default: none. */
  readonly labels?: LabelOption;
  /** Providers besides the built-in ones. Two for one action are an error. */
  readonly providers?: readonly Provider[];
  /** Which built-in providers to load. Default: all. */
  readonly builtins?: readonly ('fs' | 'proc' | 'http')[];
  readonly sandbox?: 'required' | 'off';
  /** What `proc` shows to programs and lets run, if the policy permits it; the default policy never does. */
  readonly proc?: {
    /** Shown read-only inside the sandbox. Default: the start directory. */
    readonly read?: readonly string[];
    /** Shown read-write. Default: none. */
    readonly write?: readonly string[];
    /** The host's network, all of it. Default false. */
    readonly network?: boolean;
    /** Programs that may run although they run other programs: `python`, `git`. Default: none. */
    readonly allowRunners?: readonly string[];
    /** How many programs run at once; others wait while their own time runs. Default 32. */
    readonly maxRunning?: number;
    /** What a sandboxed program and all it starts may take. */
    readonly bounds?: {
      /** Bytes, of all together, with what they keep in files in memory. Default 2 GiB. */
      readonly memory?: number;
      /** Processes and threads. Default 256. */
      readonly processes?: number;
      /** Bytes of one file. Default 1 GiB. */
      readonly file?: number;
      /** Milliseconds of processor time, of all together. Default 600,000. */
      readonly cpu?: number;
    };
  };
  /** Let fs write, move and delete even if the platform cannot hold directories by descriptor. */
  readonly allowUnsafePlatform?: boolean;
  /** Files and directories that no action reaches, besides the data dir and the policy files. */
  readonly outOfReach?: readonly string[];
  /** Hosts (exact `host` or `host:port`) that `http` may reach although their addresses are not public. */
  readonly privateHosts?: readonly string[];
  /** How grants are made, and how wide one may be; a wider one is refused. */
  readonly grants?: {
    /** Default `ed25519`. `hmac` is faster, but only this node can verify it. Tokens of both kinds are read. */
    readonly algorithm?: 'ed25519' | 'hmac';
    /** Milliseconds by default (300,000) and at most (3,600,000). */
    readonly ttl?: number;
    readonly maxTtl?: number;
    /** Uses by default (10) and at most (1,000). */
    readonly uses?: number;
    readonly maxUses?: number;
    /** Live grants at once: of one principal, default 20,000, and of all, default 200,000. */
    readonly perPrincipal?: number;
    readonly total?: number;
  };
  /** How long a permit may wait for its start, in milliseconds. Default 30,000. */
  readonly permitTtl?: number;
  /** How long a host may take to report, in milliseconds. Default 600,000. */
  readonly reportWithin?: number;
  /** How long sessions are kept, and how many. Default: closed after 7 idle days. */
  readonly sessions?: SessionLife;
  /** How far an action may be from where its session began. Default: as docs/drift.md says; false measures nothing. */
  readonly drift?: DriftOptions | false;
  /** How much frames hold. A credential with one of the `rawRoles` may ask for `raw`; default `admin`. */
  readonly frame?: Partial<FrameBudgets> & { readonly rawRoles?: readonly string[] };
  /** How long handles live, in milliseconds (default an hour), and how many at a time: by default 10,000 of a principal, 100,000 of a tenant. */
  readonly handles?: {
    readonly ttl?: number;
    readonly perPrincipal?: number;
    readonly perTenant?: number;
  };
  /** Tokens that the frames of one session may take, estimated; `low` is the share below which they show less. Default: not counted. */
  readonly sessionTokens?: TokenBudget;
  /** Milliseconds after which the gate gives up on a provider. Default 900,000; the built-in ones have shorter times of their own. */
  readonly providerDeadline?: number;
  /** Definitions of what agents may ask for, besides every provider's actions. An error in one is an error here. */
  readonly capabilities?: readonly CapabilityDefinition[];
  /** More of them, in files as docs/capabilities.md describes. A mistake is an error here that names the line; in a later change it leaves the last good set in force. */
  readonly capabilityFiles?: readonly string[];
  /**
   * How often one principal may use a registered capability whose definition says nothing, by safety class; `window` in milliseconds, false for as
   * often as policy permits. Default: read 60, write 10, destructive 2 a minute; ten times that for services.
   */
  readonly capabilityRates?: ClassRateOptions;
  /** How long an action waits for people, in milliseconds, and how many may wait at once. Default: an hour; 20 of a principal, 1,000 of a tenant. */
  readonly approvals?: {
    readonly ttl?: number;
    readonly perPrincipal?: number;
    readonly perTenant?: number;
  };
  /** Names this node in every record. Default: the host name. */
  readonly node?: string;
  /** Bytes of a journal segment before the next begins. Default 64 MiB. */
  readonly segmentBytes?: number;
  /**
   * What of the journal to keep: bytes of all segments, or milliseconds since a segment was written last. Whole segments are dropped, oldest
   * first, when one is full; a signed summary with the folded state stands for them. Default: everything.
   */
  readonly retention?: { readonly bytes?: number; readonly age?: number };
  /** Bytes that the vault keeps for a tenant. Default 1 GiB. */
  readonly vaultBytes?: number;
  /** For tests: the clock, in milliseconds since the epoch. */
  readonly now?: () => number;
  /** Where operational messages go: `notice` for people at start, `fault` for what needs care. Default: nowhere. */
  readonly onMessage?: (level: 'notice' | 'fault', message: string) => void;
}

export type PolicyOption =
  /** A document's text, YAML or JSON. */
  | string
  | JsonObject
  /** The path of a file that is watched. HTTP may not write it. */
  | { readonly file: string }
  /** The path where a policy that HTTP replaces is kept; `workspace-read` while there is none. */
  | { readonly managed: string };

/** An administrative verb: an action through the gate, decided by the caller's rights, journaled like any other. */
export interface AdminAction {
  /** `portcullis.keys.create` */
  readonly name: string;
  readonly right: Right;
  readonly params: JsonObject;
}

/** What is vouched for, or called public, in one session. */
export interface Vouching {
  readonly session: string;
  readonly value: string;
  readonly reason: string;
}

export interface KernelHost {
  /** The verbs, as this caller. Cheap; keep it for the life of the credential. */
  as(caller: Caller): Kernel;
  /** Journals the intent, runs, journals the outcome. Throws `forbidden` where the caller has no such right. */
  administer<T extends Json>(
    caller: Caller,
    action: AdminAction,
    run: () => T | Promise<T>,
  ): Promise<T>;
  /** From now on the value counts in this session as if the user had typed it. Needs the right `approve`. */
  endorse(caller: Caller, vouching: Vouching): Promise<void>;
  /** From now on the value is not private in this session. Needs the right `approve`. */
  declassify(caller: Caller, vouching: Vouching): Promise<void>;
  /** Journals something that never became a request as one `system` record: counted unauthenticated requests, and refused bodies. A known key's tenant is named. */
  recordRefusal(code: string, fields: JsonObject, tenant?: string): void;
  /** Writes what is chained now, instead of at the end of the turn: for a caller that has nothing more to ask. */
  flush(): void;
  status(): KernelStatus;
  /** Flushes, writes a checkpoint, releases the data dir. */
  close(): Promise<void>;
}

export interface CreateKernelOptions extends HostOptions {
  /** Who the process acts as. Default: `{id: 'owner', kind: 'service', roles: []}`. */
  readonly principal?: Partial<Principal> & { readonly id: string };
}
