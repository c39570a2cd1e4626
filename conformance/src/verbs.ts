/** The verbs of a step, each one call of the Kernel interface. The names of the members are the wire's. */
import type {
  ActionRequest,
  DecideRequest,
  InvalidationRequest,
  JournalQuery,
  Json,
  Kernel,
  OutcomeReport,
  PermitCheck,
  Quarantine,
  SessionOptions,
  StreamFrame,
} from '@portcullis/wire';

type Format = 'yaml' | 'json' | 'toml';
// biome-ignore lint/suspicious/noExplicitAny: a step is data, and some steps are wrong on purpose
type Request = any;

export const VERBS: Readonly<
  Record<string, (kernel: Kernel, request: Request) => Promise<unknown>>
> = Object.freeze({
  submit: (k, r: ActionRequest) => k.submit(r),
  submit_stream: (k, { take, ...r }) => frames(k, k.submitStream(r), take),
  decide: (k, r: DecideRequest) => k.decide(r),
  decide_batch: async (k, r: { requests: DecideRequest[] }) => ({
    results: await k.decideBatch(r.requests),
  }),
  report: (k, r: OutcomeReport) => k.report(r),
  verify_permit: (k, r: PermitCheck) => k.verifyPermit(r),
  redeem_permit: (k, r: PermitCheck) => k.redeemPermit(r),
  explain: (k, r: { id: string }) => k.explain(r.id),
  open_session: (k, r: SessionOptions) => k.openSession(r),
  session: (k, r: { id?: string }) => k.session(r.id),
  close_session: (k, r: { id: string }) => k.closeSession(r.id),
  add_turn: (k, { id, ...turn }) => k.addTurn(id, turn),
  quarantine: (k, r: { id: string; level: Quarantine; reason: string }) =>
    k.quarantine(r.id, r.level, r.reason),
  endorse: (k, { id, ...request }) => k.endorse(id, request),
  declassify: (k, { id, ...request }) => k.declassify(id, request),
  invalidate: (k, r: InvalidationRequest) => k.invalidate(r),
  restore: async (k, r: InvalidationRequest) => {
    await k.restore(r);
    return { restored: true };
  },
  invalidations: async (k) => ({ invalidations: await k.invalidations() }),
  grant: (k, r) => k.grant(r),
  attenuate: (k, r) => k.attenuate(r),
  grants: (k, r) => k.grants(r),
  revoke_grant: (k, r: { id: string }) => k.revokeGrant(r.id),
  revoke: (k, r) => k.revoke(r),
  invoke: (k, r) => k.invoke(r),
  invoke_stream: (k, { take, ...r }) => frames(k, k.invokeStream(r), take),
  expand: (k, r) => k.expand(r),
  capabilities: async (k) => ({ capabilities: await k.capabilities() }),
  request_capabilities: async (k, r) => ({ capabilities: await k.requestCapabilities(r) }),
  register_capability: (k, r) => k.registerCapability(r),
  approve_capability: (k, r) => k.approveCapability(r.id, r.digest),
  delete_capability: (k, r) => k.deleteCapability(r.id),
  budgets: async (k) => ({ budgets: await k.budgets() }),
  approvals: async (k, r) => ({ approvals: await k.approvals(r) }),
  approval: (k, r: { id: string }) => k.approval(r.id),
  answer_approval: (k, { id, ...answer }) => k.answerApproval(id, answer),
  answer_approvals: async (k, r) => ({ approvals: await k.answerApprovals(r.answers) }),
  withdraw_approval: (k, r: { id: string }) => k.withdrawApproval(r.id),
  resume: (k, r: { id: string }) => k.resume(r.id),
  policy: (k) => k.policy(),
  replace_policy: (k, r: { text: string; format?: Format }) => k.replacePolicy(r.text, r.format),
  check_policy: (k, r: { text: string; format?: Format }) => k.checkPolicy(r.text, r.format),
  create_scope: (k, r) => k.createScope(r),
  replace_scope: (k, r) => k.replaceScope(r.id, r.policy, r.format),
  drop_scope: (k, r) => k.dropScope(r.id),
  freeze: (k, r: { on: boolean; reason: string }) => k.freeze(r.on, r.reason),
  journal: (k, r: JournalQuery) => k.journal(r),
  record: (k, r: { seq: number }) => k.record(r.seq),
  proof: (k, r: { seq: number }) => k.proof(r.seq),
  checkpoint: async (k) => ({ note: await k.checkpoint() }),
  verify: (k) => k.verify(),
  resolve: (k, r: { id: string; outcome: 'happened' | 'not' }) => k.resolve(r.id, r.outcome),
  status: (k) => k.status(),
  events: async (k, r: { after?: number; take: number }) => ({ events: await take(k, r) }),
});

/**
 * All frames, or the first few, after which who reads leaves. The texts of the pieces come joined as well, because how many pieces they are in is the
 * way's own affair.
 */
async function frames(
  kernel: Kernel,
  stream: AsyncIterable<StreamFrame>,
  most?: number,
): Promise<unknown> {
  const found: StreamFrame[] = [];
  for await (const frame of stream) {
    found.push(frame);
    if (found.length === most) break;
  }
  const pieces = found.filter(({ final }) => !final).map(({ data }) => data);
  const last = found.at(-1);
  return {
    text: pieces.filter((data) => typeof data === 'string').join(''),
    values: pieces.filter((data) => typeof data !== 'string'),
    in_order: found.every(
      ({ seq, final }, at) => seq === at && final === (at === found.length - 1),
    ),
    ...(last?.final === true ? { last } : { left: await cancelled(kernel) }),
    // What every check of a result looks at.
    ...last?.result,
  };
}

/** The outcome of the call that was left, which who left does not wait for. */
async function cancelled(kernel: Kernel): Promise<unknown> {
  for (let tries = 0; tries < 500; tries++) {
    const { records } = await kernel.journal({ kind: 'outcome', reverse: true, limit: 1 });
    const error = (records[0] as { error?: { code?: string } } | undefined)?.error;
    if (error?.code === 'cancelled') return records[0];
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('no outcome says that the call was left');
}

/** The first events after a sequence number; fails rather than wait for ever. */
async function take(kernel: Kernel, request: { after?: number; take: number }): Promise<Json[]> {
  const events: Json[] = [];
  const signal = AbortSignal.timeout(60_000);
  const after = request.after === undefined ? {} : { after: request.after };
  for await (const event of kernel.events({ ...after, signal })) {
    events.push(event);
    if (events.length === request.take) break;
  }
  return events;
}
