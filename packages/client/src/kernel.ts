/**
 * Long because `Kernel` is: the verbs over the wire, each one route. A refusal is a value, as in the process; what is thrown is a PortcullisError.
 * Answers are held to what was asked, so that a mixed-up server is noticed.
 */
import type {
  ActionRequest,
  Approval,
  ApprovalAnswer,
  ApprovalQuery,
  Attenuated,
  AttenuateRequest,
  BudgetView,
  CapabilityDefinition,
  CapabilityGoal,
  CapabilityView,
  DecideRequest,
  ExpandRequest,
  Explanation,
  Frame,
  GrantAnswer,
  GrantPage,
  GrantQuery,
  GrantRequest,
  InclusionProof,
  Invalidation,
  InvalidationListener,
  InvalidationRequest,
  InvokeRequest,
  JournalPage,
  JournalQuery,
  JournalRecord,
  Kernel,
  KernelEvent,
  KernelStatus,
  Listening,
  ListenOptions,
  OutcomeAnswer,
  OutcomeReport,
  PermitCheck,
  PermitStatus,
  PolicyReport,
  PolicyView,
  Quarantine,
  Result,
  Revocation,
  RevokeRequest,
  ScopeRequest,
  ScopeView,
  SessionOptions,
  SessionView,
  StreamFrame,
  Turn,
  VerifyReport,
  VouchRequest,
} from '@portcullis/wire';
import * as answers from './answers/index.ts';
import { askHandler, type OnApproval } from './approval.ts';
import { badResponse } from './errors.ts';
import { read, readResult, readText } from './read.ts';
import type { Shape } from './shape.ts';
import { type EventOptions, events } from './stream/events.ts';
import { frames } from './stream/frames.ts';
import { listen } from './stream/listen.ts';
import type { Call, Transport } from './transport/transport.ts';
import { write } from './write.ts';

/** Reading a long journal takes longer than a call. */
const VERIFY_TIMEOUT = 600_000;

/** Who is asked about held actions, and how long that may take. */
export interface Asking {
  readonly onApproval: OnApproval;
  /** Milliseconds. */
  readonly timeout: number;
}

export class RemoteKernel implements Kernel {
  readonly #transport: Transport;
  readonly #timeout: number;
  readonly #listening = new Set<() => void>();

  readonly #asking: Asking | undefined;

  constructor(transport: Transport, timeout: number, asking?: Asking) {
    this.#transport = transport;
    this.#timeout = timeout;
    this.#asking = asking;
  }

  async submit(request: ActionRequest): Promise<Result> {
    const repeatable = request?.idempotency_key !== undefined;
    return this.#approved(await this.#ask('/v1/submit', unstreamed(request), repeatable));
  }

  submitStream(request: ActionRequest): AsyncIterable<StreamFrame> {
    return this.#frames('/v1/submit', request);
  }

  async decide(request: DecideRequest): Promise<Result> {
    return this.#approved(await this.#ask('/v1/decide', request, false));
  }

  async decideBatch(requests: readonly DecideRequest[]): Promise<Result[]> {
    const results = await this.#post<Result[]>('/v1/decide', requests, answers.results);
    if (results.length !== requests.length)
      throw badResponse(`${results.length} answers to ${requests.length} requests`, 'never');
    return results;
  }

  report(report: OutcomeReport): Promise<OutcomeAnswer> {
    return this.#post('/v1/outcomes', report, answers.outcomeAnswer);
  }

  verifyPermit(check: PermitCheck): Promise<PermitStatus> {
    return this.#post('/v1/permits/verify', check, answers.permitStatus, true);
  }

  redeemPermit(check: PermitCheck): Promise<PermitStatus> {
    return this.#post('/v1/permits/redeem', check, answers.permitStatus);
  }

  async explain(id: string): Promise<Explanation> {
    return sameId(id, await this.#get<Explanation>(path`/v1/explain/${id}`, answers.explanation));
  }

  expand(request: ExpandRequest): Promise<Frame> {
    return this.#post('/v1/expand', request, answers.frame);
  }

  grant(request: GrantRequest): Promise<GrantAnswer> {
    return this.#post('/v1/grants', request, answers.grantAnswer);
  }

  attenuate(request: AttenuateRequest): Promise<Attenuated> {
    return this.#post('/v1/grants/attenuate', request, answers.attenuated, true);
  }

  grants(query: GrantQuery = {}): Promise<GrantPage> {
    return this.#get(`/v1/grants${queryOf(query)}`, answers.grantPage);
  }

  revokeGrant(id: string): Promise<Revocation> {
    const call = { method: 'DELETE', path: path`/v1/grants/${id}`, repeatable: true } as const;
    return this.#call(call, answers.revocation);
  }

  revoke(request: RevokeRequest): Promise<Revocation> {
    return this.#post('/v1/grants/revoke', request, answers.revocation, true);
  }

  async invoke(request: InvokeRequest): Promise<Result> {
    const repeatable = request?.idempotency_key !== undefined;
    return this.#approved(await this.#ask('/v1/invoke', unstreamed(request), repeatable));
  }

  invokeStream(request: InvokeRequest): AsyncIterable<StreamFrame> {
    return this.#frames('/v1/invoke', request);
  }

  async capabilities(): Promise<readonly CapabilityView[]> {
    const found = await this.#get<Capabilities>('/v1/capabilities', answers.capabilities);
    return found.capabilities;
  }

  async requestCapabilities(goal: CapabilityGoal): Promise<readonly CapabilityView[]> {
    const to = '/v1/capabilities/search';
    return (await this.#post<Capabilities>(to, goal, answers.capabilities, true)).capabilities;
  }

  registerCapability(definition: CapabilityDefinition): Promise<CapabilityView> {
    const body = write(definition);
    const to = path`/v1/capabilities/${String(definition?.id ?? '')}`;
    return this.#call({ method: 'PUT', path: to, body, repeatable: true }, answers.capability);
  }

  async approveCapability(id: string, digest: string): Promise<CapabilityView> {
    const to = path`/v1/capabilities/${id}/approve`;
    return sameId(id, await this.#post<CapabilityView>(to, { digest }, answers.capability));
  }

  deleteCapability(id: string): Promise<Revocation> {
    const to = path`/v1/capabilities/${id}`;
    return this.#call({ method: 'DELETE', path: to, repeatable: false }, answers.revocation);
  }

  async budgets(): Promise<readonly BudgetView[]> {
    return (await this.#get<{ budgets: BudgetView[] }>('/v1/budgets', answers.budgets)).budgets;
  }

  async approvals(query: ApprovalQuery = {}): Promise<readonly Approval[]> {
    const to = `/v1/approvals${queryOf(query)}`;
    return (await this.#get<{ approvals: Approval[] }>(to, answers.approvals)).approvals;
  }

  async approval(id: string): Promise<Approval> {
    return sameId(id, await this.#get<Approval>(path`/v1/approvals/${id}`, answers.approval));
  }

  async answerApproval(id: string, answer: ApprovalAnswer): Promise<Approval> {
    const to = path`/v1/approvals/${id}`;
    return sameId(id, await this.#post<Approval>(to, answer, answers.approval));
  }

  async answerApprovals(
    given: readonly ({ id: string } & ApprovalAnswer)[],
  ): Promise<readonly Approval[]> {
    const body = { answers: given };
    const to = '/v1/approvals';
    return (await this.#post<{ approvals: Approval[] }>(to, body, answers.approvals)).approvals;
  }

  async withdrawApproval(id: string): Promise<Approval> {
    const call = { method: 'DELETE', path: path`/v1/approvals/${id}` } as const;
    return sameId(id, await this.#call<Approval>({ ...call, repeatable: false }, answers.approval));
  }

  resume(id: string): Promise<Result> {
    return this.#ask(path`/v1/approvals/${id}/resume`, {}, false);
  }

  openSession(options: SessionOptions = {}): Promise<SessionView> {
    return this.#post('/v1/sessions', options, answers.sessionView);
  }

  async session(id?: string): Promise<SessionView> {
    if (id === undefined) return await this.#get('/v1/sessions/current', answers.sessionView);
    return sameId(id, await this.#get<SessionView>(path`/v1/sessions/${id}`, answers.sessionView));
  }

  async closeSession(id: string): Promise<SessionView> {
    const call = { method: 'DELETE', path: path`/v1/sessions/${id}`, repeatable: true } as const;
    return sameId(id, await this.#call<SessionView>(call, answers.sessionView));
  }

  async addTurn(id: string, turn: Turn): Promise<SessionView> {
    const to = path`/v1/sessions/${id}/turns`;
    return sameId(id, await this.#post<SessionView>(to, turn, answers.sessionView));
  }

  async quarantine(id: string, level: Quarantine, reason: string): Promise<SessionView> {
    const to = path`/v1/sessions/${id}/quarantine`;
    return sameId(id, await this.#post<SessionView>(to, { level, reason }, answers.sessionView));
  }

  async endorse(id: string, request: VouchRequest): Promise<SessionView> {
    const to = path`/v1/sessions/${id}/endorse`;
    return sameId(id, await this.#post<SessionView>(to, request, answers.sessionView, true));
  }

  async declassify(id: string, request: VouchRequest): Promise<SessionView> {
    const to = path`/v1/sessions/${id}/declassify`;
    return sameId(id, await this.#post<SessionView>(to, request, answers.sessionView, true));
  }

  async invalidate(request: InvalidationRequest): Promise<Invalidation> {
    const answer = await this.#post<Invalidation>(
      '/v1/invalidate',
      request,
      answers.invalidation,
      true,
    );
    return sameId(request.id, answer);
  }

  async restore(request: InvalidationRequest): Promise<void> {
    await this.#post('/v1/restore', request, answers.restored);
  }

  async invalidations(): Promise<Invalidation[]> {
    const answer = await this.#get<{ invalidations: Invalidation[] }>(
      '/v1/invalidations',
      answers.invalidations,
    );
    return answer.invalidations;
  }

  onInvalidation(listener: InvalidationListener, options: ListenOptions = {}): Listening {
    const follow = (signal: AbortSignal, onOpen: () => void) =>
      events(this.#transport, this.#timeout, { signal }, onOpen);
    const listening = listen({ follow, list: () => this.invalidations() }, listener, options);
    const end = (): void => {
      this.#listening.delete(end);
      listening();
    };
    this.#listening.add(end);
    return Object.assign(end, { ready: listening.ready });
  }

  policy(): Promise<PolicyView> {
    return this.#get('/v1/policy', answers.policyView);
  }

  replacePolicy(text: string, format: 'yaml' | 'json' | 'toml' = 'yaml'): Promise<PolicyView> {
    const body = write({ text, format });
    return this.#call(
      { method: 'PUT', path: '/v1/policy', body, repeatable: true },
      answers.policyView,
    );
  }

  checkPolicy(text: string, format: 'yaml' | 'json' | 'toml' = 'yaml'): Promise<PolicyReport> {
    return this.#post('/v1/policy/check', { text, format }, answers.policyReport, true);
  }

  createScope(request: ScopeRequest): Promise<ScopeView> {
    return this.#post('/v1/scopes', request, answers.scopeView);
  }

  async replaceScope(
    id: string,
    policy: string,
    format: 'yaml' | 'json' | 'toml' = 'yaml',
  ): Promise<ScopeView> {
    const body = write({ policy, format });
    const call = { method: 'PUT', path: path`/v1/scopes/${id}`, body, repeatable: true } as const;
    return sameId(id, await this.#call<ScopeView>(call, answers.scopeView));
  }

  async dropScope(id: string): Promise<ScopeView> {
    const call = { method: 'DELETE', path: path`/v1/scopes/${id}`, repeatable: false } as const;
    return sameId(id, await this.#call<ScopeView>(call, answers.scopeView));
  }

  freeze(on: boolean, reason: string): Promise<KernelStatus> {
    return this.#post('/v1/freeze', { on, reason }, answers.status, true);
  }

  journal(query: JournalQuery = {}): Promise<JournalPage> {
    return this.#get(`/v1/journal${queryOf(query)}`, answers.journalPage);
  }

  async record(seq: number): Promise<JournalRecord> {
    const record = await this.#get<JournalRecord>(path`/v1/journal/records/${seq}`, answers.record);
    if (record.seq !== seq) throw badResponse(`record ${record.seq} in answer to ${seq}`, 'never');
    return record;
  }

  proof(seq: number): Promise<InclusionProof> {
    return this.#get(path`/v1/journal/proof/${seq}`, answers.inclusionProof);
  }

  async checkpoint(): Promise<string> {
    return readText(
      await this.#send({ method: 'GET', path: '/v1/journal/checkpoint', repeatable: true }),
    );
  }

  verify(): Promise<VerifyReport> {
    const timeout = Math.max(VERIFY_TIMEOUT, this.#timeout);
    return this.#call(
      { method: 'POST', path: '/v1/journal/verify', repeatable: true, timeout },
      answers.verifyReport,
    );
  }

  async resolve(id: string, outcome: 'happened' | 'not'): Promise<Explanation> {
    const to = '/v1/journal/resolve';
    return sameId(id, await this.#post<Explanation>(to, { id, outcome }, answers.explanation));
  }

  status(): Promise<KernelStatus> {
    return this.#get('/v1/status', answers.status);
  }

  events(options: EventOptions = {}): AsyncIterable<KernelEvent> {
    return events(this.#transport, this.#timeout, options);
  }

  async close(): Promise<void> {
    for (const end of this.#listening) end();
    this.#transport.close();
  }

  /** What the handler says of a held action, and what came of that. */
  async #approved(result: Result): Promise<Result> {
    return (await this.#answered(result)) ? this.resume(result.approval?.id as string) : result;
  }

  /** Whether the handler was asked; what it said is answered then. */
  async #answered(result: Result): Promise<boolean> {
    if (this.#asking === undefined || result.approval?.status !== 'open') return false;
    const held = await this.approval(result.approval.id);
    if (!held.answerable) return false;
    const { onApproval, timeout } = this.#asking;
    const { approved, reason, error } = await askHandler(
      onApproval,
      held,
      result.decision,
      timeout,
    );
    const why = reason === undefined ? {} : { reason };
    await this.answerApproval(held.id, { decision: approved ? 'approve' : 'deny', ...why });
    if (error !== undefined) throw error;
    return true;
  }

  #frames(to: string, request: ActionRequest | InvokeRequest): AsyncIterable<StreamFrame> {
    const call = (more: { resume?: string } = {}): Call => ({
      method: 'POST',
      path: to,
      body: write({ ...request, ...more, stream: true }),
      timeout: this.#timeout,
      repeatable: request?.idempotency_key !== undefined,
    });
    return frames(this.#transport, call, async (result) =>
      (await this.#answered(result)) ? call({ resume: result.approval?.id as string }) : undefined,
    );
  }

  async #ask(path: string, request: object, repeatable: boolean): Promise<Result> {
    return readResult(await this.#send({ method: 'POST', path, body: write(request), repeatable }));
  }

  #get<T>(path: string, shape: Shape): Promise<T> {
    return this.#call({ method: 'GET', path, repeatable: true }, shape);
  }

  // Async, so that a request that cannot be written rejects instead of throwing.
  async #post<T>(path: string, body: object, shape: Shape, repeatable = false): Promise<T> {
    return await this.#call({ method: 'POST', path, body: write(body), repeatable }, shape);
  }

  async #call<T>(call: PartialCall, shape: Shape): Promise<T> {
    return read(await this.#send(call), shape);
  }

  #send(call: PartialCall) {
    return this.#transport.send({ timeout: this.#timeout, ...call });
  }
}

/** A verb that answers once asks for no frames. */
function unstreamed<T extends { stream?: boolean }>(request: T): T {
  if (request?.stream !== true) return request;
  const { stream: _, ...rest } = request;
  return rest as T;
}

interface Capabilities {
  readonly capabilities: CapabilityView[];
}

type PartialCall = Omit<Call, 'timeout'> & { timeout?: number };

/** A path whose parts are data: an id cannot leave its segment. */
function path(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return parts.reduce((all, part, i) => all + segment(values[i - 1]) + part);
}

function segment(value: string | number | undefined): string {
  const text = String(value);
  // Dot segments are folded by URL parsers on the way.
  if (text === '' || text === '.' || text === '..') return '%00';
  // A half of a pair cannot be encoded; `toWellFormed` is younger than ES2022.
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
}

function queryOf(query: JournalQuery | GrantQuery | ApprovalQuery): string {
  const pairs = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) pairs.append(key, String(value));
  return pairs.size === 0 ? '' : `?${pairs}`;
}

function sameId<T extends { readonly id: string }>(id: string, answer: T): T {
  if (answer.id !== id) throw badResponse('the answer is about something else', 'never');
  return answer;
}
