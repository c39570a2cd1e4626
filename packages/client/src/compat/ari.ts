/**
 * Ari Kernel's runtime names over the sidecar: change the import, and `createKernel().createFirewall()` asks Portcullis. Nothing is decided in this
 * process, so what answered at once there answers with a promise here. What would be weaker is a TypeError: docs/coming-from/ari-kernel.md.
 */
import type { Decision, Json, JsonObject, Kernel, Label, Result } from '@portcullis/wire';
import { connect } from '../connect.ts';
import { ACTIONS, CLASSES, type ToolCall, toAction } from './ari-actions.ts';
import { labelsOf, type TaintLabel, taintsOf } from './ari-taint.ts';

export type { ToolCall } from './ari-actions.ts';
export type { TaintLabel } from './ari-taint.ts';

export interface AriOptions {
  readonly preset?: string;
  /** Default: the key's own; another one that it may assert. */
  readonly principal?: string;
  readonly runStatePolicy?: {
    readonly maxDeniedSensitiveActions?: number;
    readonly behavioralRules?: boolean;
  };
  readonly hooks?: {
    readonly onApprovalRequired?: (
      call: ToolCall,
      decision: Decision,
    ) => boolean | Promise<boolean>;
  };
  readonly mode?: 'sidecar';
  readonly sidecar?: { readonly baseUrl?: string; readonly authToken?: string };
}

export interface ToolResult {
  readonly callId: string;
  readonly success: boolean;
  readonly data: Json | undefined;
  readonly error: string | undefined;
  readonly taintLabels: readonly TaintLabel[];
  readonly durationMs: number;
}

/** The gate refused: nothing was executed. */
export class ToolCallDeniedError extends Error {
  override readonly name: string = 'ToolCallDeniedError';
  readonly toolCall: ToolCall;
  readonly decision: Decision;

  constructor(toolCall: ToolCall, decision: Decision, what = 'Tool call denied') {
    super(`${what}: ${decision.reason}`);
    this.toolCall = toolCall;
    this.decision = decision;
  }
}

/** A person has to approve this, and nobody did. */
export class ApprovalRequiredError extends ToolCallDeniedError {
  override readonly name = 'ApprovalRequiredError';

  constructor(toolCall: ToolCall, decision: Decision) {
    super(toolCall, decision, 'Approval required');
  }
}

const KNOWN = new Set(['preset', 'principal', 'runStatePolicy', 'hooks', 'mode', 'sidecar']);
/** Refusals after which a run is restricted, by preset; 5 for the others. */
const DENIALS: Readonly<Record<string, number>> = { strict: 3, research: 20 };
const RULES: readonly (readonly [number, string])[] = [
  [20, 'ari-six-20'],
  [5, 'ari-six'],
  [3, 'ari-six-3'],
];

/** Connects when the first call is made. Throws a TypeError for an option that is the sidecar's own configuration here. */
export function createKernel(options: AriOptions = {}) {
  for (const name of Object.keys(options))
    if (!KNOWN.has(name)) throw new TypeError(`${name} is the sidecar's to say, or its policy's`);
  if (options.mode !== undefined && options.mode !== 'sidecar')
    throw new TypeError('decisions are made by the sidecar: there is no embedded mode');
  const preset = withRules(options);
  return Object.freeze({
    preset: options.preset,
    createFirewall: ({ principal = options.principal }: { principal?: string } = {}): Firewall =>
      new Firewall({ ...options, ...(principal === undefined ? {} : { principal }) }, preset),
  });
}

function withRules({ preset, runStatePolicy = {} }: AriOptions): string | undefined {
  const { maxDeniedSensitiveActions: most, behavioralRules = true } = runStatePolicy;
  if (preset === undefined || !behavioralRules) {
    if (most !== undefined || (preset === undefined && !behavioralRules))
      throw new TypeError('runStatePolicy goes with a preset and its behavioral rules');
    return preset;
  }
  const wanted = most ?? DENIALS[preset] ?? 5;
  const rules = RULES.find(([known]) => known <= wanted);
  if (rules === undefined) throw new TypeError('maxDeniedSensitiveActions is a number from 3 on');
  return `${preset}+${rules[1]}`;
}

interface Open {
  readonly kernel: Kernel;
  readonly session: string;
}

export class Firewall {
  readonly #options: AriOptions;
  readonly #preset: string | undefined;
  readonly #grants = new Map<string, { readonly capability: string; readonly token: string }>();
  #open: Promise<Open> | undefined;
  #said: Label[] = [];

  constructor(options: AriOptions, preset: string | undefined) {
    this.#options = options;
    this.#preset = preset;
  }

  /** A refusal is thrown: ToolCallDeniedError, ApprovalRequiredError. Taint labels only add to what the sidecar knows. */
  async execute(
    call: ToolCall & {
      readonly taintLabels?: readonly TaintLabel[];
      readonly grantId?: string;
    },
  ): Promise<ToolResult> {
    const asked = toAction(call);
    const { kernel, session } = await this.#opened();
    const said = [...labelsOf(call.taintLabels), ...this.#said];
    const token = call.grantId === undefined ? undefined : this.#tokenOf(call.grantId);
    const result = await kernel.submit({
      ...asked,
      session,
      ...this.#context(),
      ...(said.length === 0 ? {} : { labels: said.slice(0, 16) }),
      ...(token === undefined ? {} : { token }),
    });
    // What was added while the sidecar was asked is still to be told.
    const told = new Set(said.slice(0, 16));
    this.#said = [...new Set([...said, ...this.#said])].filter((label) => !told.has(label));
    return toolResult(call, result);
  }

  /** {granted, grantId?, reason}. A grant is for the first action of its class: `http.read` for GET. */
  async requestCapability(
    capabilityClass: string,
    {
      taintLabels,
      justification,
    }: { taintLabels?: readonly TaintLabel[]; justification?: string } = {},
  ): Promise<{ granted: boolean; grantId?: string; reason: string }> {
    const capability = CLASSES.get(capabilityClass);
    if (capability === undefined)
      throw new TypeError(`there is no capability class ${capabilityClass}`);
    this.#said.push(...labelsOf(taintLabels));
    const { kernel, session } = await this.#opened();
    try {
      const { id, token, decision } = await kernel.grant({
        capability,
        session,
        ...this.#context(),
        ...(justification === undefined ? {} : { justification }),
      });
      if (token === undefined || id === undefined)
        return { granted: false, reason: decision.reason };
      this.#grants.set(id, { capability, token });
      return { granted: true, grantId: id, reason: decision.reason };
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'unknown_capability') throw error;
      return { granted: false, reason: 'nothing here executes it' };
    }
  }

  requestCapabilityAsync(
    ...given: Parameters<Firewall['requestCapability']>
  ): ReturnType<Firewall['requestCapability']> {
    return this.requestCapability(...given);
  }

  /** What a tool of this host returned: decided as the host's own action, and its result made known. */
  async observeToolOutput(output: ToolCall & { readonly data: Json }): Promise<ToolResult> {
    const asked = toAction(output);
    const { kernel, session } = await this.#opened();
    const result = await kernel.decide({ ...asked, session, ...this.#context() });
    if (result.permit === undefined) return toolResult(output, result);
    const { id, outcome, frame } = await kernel.report({
      permit: result.permit,
      status: 'ok',
      result: output.data,
    });
    return {
      callId: id,
      success: true,
      data: frame?.data,
      error: undefined,
      taintLabels: taintsOf(frame?.labels ?? []),
      durationMs: outcome.duration_ms,
    };
  }

  /** Told with the next call, and borne by the run from then on. */
  injectExternalTaint(taints: readonly TaintLabel[]): void {
    this.#said.push(...labelsOf(taints));
  }

  /** Needs the right `quarantine`. */
  async quarantineExternal(ruleId: string, reason: string): Promise<void> {
    const { kernel, session } = await this.#opened();
    await kernel.quarantine(session, 'read_only', `${ruleId}: ${reason}`);
  }

  async revokeGrant(grantId: string): Promise<void> {
    const { kernel } = await this.#opened();
    await kernel.revokeGrant(grantId);
  }

  get runId(): Promise<string> {
    return this.#opened().then(({ session }) => session);
  }

  /** A promise: ask with `await`. */
  get isRestricted(): Promise<boolean> {
    return this.#opened()
      .then(({ kernel, session }) => kernel.session(session))
      .then(({ quarantine }) => quarantine !== 'none');
  }

  /** What the run has seen. */
  get taintState(): Promise<readonly TaintLabel[]> {
    return this.#opened()
      .then(({ kernel, session }) => kernel.session(session))
      .then(({ labels }) => taintsOf(labels));
  }

  async close(): Promise<void> {
    const open = await this.#open?.catch(() => undefined);
    if (open === undefined) return;
    await open.kernel.closeSession(open.session).catch(() => undefined);
    await open.kernel.close();
  }

  #tokenOf(grantId: string): string {
    const grant = this.#grants.get(grantId);
    if (grant === undefined) throw new TypeError('this firewall was given no such grant');
    return grant.token;
  }

  #context(): { context?: { principal: string } } {
    const { principal } = this.#options;
    return principal === undefined ? {} : { context: { principal } };
  }

  #opened(): Promise<Open> {
    this.#open ??= this.#connect();
    return this.#open;
  }

  async #connect(): Promise<Open> {
    const { sidecar = {}, hooks = {} } = this.#options;
    const { onApprovalRequired: ask } = hooks;
    const kernel = await connect({
      ...(sidecar.baseUrl === undefined ? {} : { url: sidecar.baseUrl }),
      ...(sidecar.authToken === undefined ? {} : { apiKey: sidecar.authToken }),
      ...(ask === undefined
        ? {}
        : {
            onApproval: async (held, decision) =>
              (await ask(heldCall(held.action), decision)) === true,
          }),
    });
    try {
      const preset = this.#preset;
      const opened = await kernel.openSession({
        ...(preset === undefined ? {} : { preset }),
        ...this.#context(),
      });
      return { kernel, session: opened.id };
    } catch (error) {
      await kernel.close();
      throw error;
    }
  }
}

const heldCall = ({
  name,
  resource,
  params,
}: {
  name: string;
  resource: string;
  params: unknown;
}): ToolCall => {
  const [family = '', verb = ''] = name.split('.');
  const toolClass = [...ACTIONS].find(([, { family: ours }]) => ours === family)?.[0] ?? family;
  return { toolClass, action: verb, parameters: { ...(params as JsonObject), resource } };
};

function toolResult(call: ToolCall, { decision, outcome, frame, withheld }: Result): ToolResult {
  if (decision.effect === 'require_approval') throw new ApprovalRequiredError(call, decision);
  if (decision.effect !== 'permit' && decision.effect !== 'modify')
    throw new ToolCallDeniedError(call, decision);
  return {
    callId: decision.id,
    success: outcome.status === 'ok' && withheld === undefined,
    data: frame?.data,
    error:
      outcome.error?.message ??
      (withheld === undefined ? undefined : `it ran, and its result is withheld: ${withheld}`),
    taintLabels: taintsOf(frame?.labels ?? []),
    durationMs: outcome.duration_ms,
  };
}
