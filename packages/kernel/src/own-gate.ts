/**
 * A gate over a policy of one's own, for a program that carries out its actions itself: decisions in the process, journaled in memory, nothing executed.
 * The same names as in Python: `fromDict`, `fromJsonString`, `fromJsonFile`, `fromToml`, `fromYaml`, `fromFile`, `evaluate`, `reload`.
 */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type {
  CanonicalAction,
  Context,
  Decision,
  InvalidationListener,
  JsonObject,
  Kernel,
  Listening,
  ListenOptions,
} from '@portcullis/wire';
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { formatPointer } from './action/json/pointer.ts';
import { PortcullisError } from './errors.ts';
import { createKernel } from './kernel.ts';
import { loadPolicy, type PolicyFormat } from './policy/index.ts';
import type { DriftOptions } from './session/drift.ts';

/** (name, parameter, maximum), or an invariant as the policy language has it. */
export type GateInvariant = readonly [name: string, parameter: string, max: number] | JsonObject;

export interface GateOptions {
  /** Held whatever the rules say. */
  readonly invariants?: readonly GateInvariant[];
  readonly maxSessionActions?: number;
  /** Decide and record, and permit everything. */
  readonly observeOnly?: boolean;
  /** How far a session may get from where it began: what its first action says of its surroundings. Default: on, as docs/drift.md says. */
  readonly drift?: DriftOptions | false;
}

export interface GateRequest {
  readonly action: string;
  readonly resource?: string;
  readonly params?: JsonObject;
  /** Any name: the actions of one principal under one name count together. */
  readonly session?: string;
  readonly context?: Context;
}

export interface Verdict {
  readonly decision: Decision;
  /** As permitted, where a rule changed it. */
  readonly action: CanonicalAction | undefined;
  /** Signed: report the outcome with it, or let it show as not reported. */
  readonly permit: string | undefined;
  readonly isPermit: boolean;
  readonly isRefuse: boolean;
  /** Something is at its end, and `decision.invalidated` says what: nothing of it will be permitted again. */
  readonly isInvalidate: boolean;
}

const FORMATS: Readonly<Record<string, PolicyFormat>> = {
  '.json': 'json',
  '.toml': 'toml',
  '.yaml': 'yaml',
  '.yml': 'yaml',
};

export class Gate {
  readonly #kernel: Kernel;
  readonly #options: GateOptions;
  readonly #sessions = new Map<string, Promise<string>>();

  private constructor(kernel: Kernel, options: GateOptions) {
    this.#kernel = kernel;
    this.#options = options;
  }

  static fromDict(policy: JsonObject, options: GateOptions = {}): Promise<Gate> {
    return Gate.#open(JSON.stringify(policy), 'json', options);
  }

  static fromJsonString(text: string, options: GateOptions = {}): Promise<Gate> {
    return Gate.#open(text, 'json', options);
  }

  static fromJsonFile(path: string, options: GateOptions = {}): Promise<Gate> {
    return Gate.#open(readFileSync(path, 'utf8'), 'json', options);
  }

  static fromToml(text: string, options: GateOptions = {}): Promise<Gate> {
    return Gate.#open(text, 'toml', options);
  }

  static fromYaml(text: string, options: GateOptions = {}): Promise<Gate> {
    return Gate.#open(text, 'yaml', options);
  }

  /** By the name's ending: .json, .toml, .yaml or .yml. */
  static async fromFile(path: string, options: GateOptions = {}): Promise<Gate> {
    const format = FORMATS[extname(path).toLowerCase()];
    if (format === undefined) {
      throw new PortcullisError(
        'invalid_policy',
        `${path} ends in none of ${Object.keys(FORMATS).join(', ')}`,
      );
    }
    return Gate.#open(readFileSync(path, 'utf8'), format, options);
  }

  /** Throws `invalid_policy` with the place of the first mistake. */
  static async #open(text: string, format: PolicyFormat, options: GateOptions): Promise<Gate> {
    const policy = withInvariants(text, format, options);
    const mode = options.observeOnly === true ? 'observe' : 'enforce';
    const drift = options.drift === undefined ? {} : { drift: options.drift };
    return new Gate(await createKernel({ policy, mode, builtins: [], ...drift }), options);
  }

  /** Decides, and counts the action as one that will happen. */
  async evaluate(request: GateRequest): Promise<Verdict> {
    const { session: name, ...asked } = request;
    const session = name === undefined ? {} : { session: await this.#session(name, asked.context) };
    const { decision, action, permit } = await this.#kernel.decide({ ...asked, ...session });
    const isPermit = decision.effect === 'permit' || decision.effect === 'modify';
    const isInvalidate = decision.code === 'session_closed' || decision.invalidated !== undefined;
    return {
      decision,
      action,
      permit,
      isPermit,
      isRefuse: !isPermit && !isInvalidate,
      isInvalidate,
    };
  }

  /** Throws `invalid_policy`, and the last good policy stays; an empty text is the kill switch. */
  async reload(text: string, format: PolicyFormat = 'yaml'): Promise<void> {
    const policy = withInvariants(text, format, this.#options);
    await this.#kernel.replacePolicy(JSON.stringify(policy), 'json');
  }

  /** What ends here, or is ended through `kernel`: one call at a time, in order. Answers how to leave. */
  onInvalidation(listener: InvalidationListener, options?: ListenOptions): Listening {
    return this.#kernel.onInvalidation(listener, options);
  }

  /** For what a gate has no name of its own for: reports, permits, the journal. */
  get kernel(): Kernel {
    return this.#kernel;
  }

  close(): Promise<void> {
    return this.#kernel.close();
  }

  #session(name: string, context: Context | undefined): Promise<string> {
    const { principal, on_behalf_of } = context ?? {};
    const key = JSON.stringify([name, principal ?? null, on_behalf_of ?? null]);
    let session = this.#sessions.get(key);
    if (session === undefined) {
      const who = {
        ...(principal === undefined ? {} : { principal }),
        ...(on_behalf_of === undefined ? {} : { on_behalf_of }),
      };
      session = this.#kernel.openSession({ context: who }).then(({ id }) => id);
      this.#sessions.set(key, session);
    }
    return session;
  }
}

/** The document with the options' invariants in it. Loaded once as it is, so that mistakes are named at their places. */
function withInvariants(text: string, format: PolicyFormat, options: GateOptions): JsonObject {
  loadPolicy([{ layer: 'server', name: 'policy', text, format }]);
  const document = (read(text, format) ?? {}) as JsonObject;
  const own = document.invariants;
  const invariants = [
    ...(Array.isArray(own) ? own : []),
    ...(options.invariants ?? []).map(invariantOf),
  ];
  const { maxSessionActions } = options;
  if (maxSessionActions !== undefined) {
    invariants.push({ name: 'max-session-actions', session: { actions_max: maxSessionActions } });
  }
  return invariants.length === 0 ? document : { ...document, invariants };
}

function read(text: string, format: PolicyFormat): unknown {
  if (text.trim() === '') return {};
  if (format === 'json') return JSON.parse(text);
  return format === 'toml' ? parseToml(text) : parseYaml(text);
}

function invariantOf(invariant: GateInvariant): JsonObject {
  if (!Array.isArray(invariant)) return invariant as JsonObject;
  const [name, parameter, max] = invariant as readonly [string, string, number];
  return { name, param: parameter.startsWith('/') ? parameter : formatPointer([parameter]), max };
}
