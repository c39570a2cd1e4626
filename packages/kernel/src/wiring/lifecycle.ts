/** The life of a wired kernel: what a restart owes, upkeep while it runs, and the end. */
import type { Json, JsonObject } from '@portcullis/wire';
import type { MaybePromise } from '../action/types.ts';
import type { Caller } from '../gate/guard.ts';
import { dropValue } from '../handle/value.ts';
import type { AdminAction, KernelHost, Vouching } from '../host.ts';
import type { Parts } from '../parts.ts';
import type { Provider } from '../provider/types.ts';
import { eventMembers } from '../record/event.ts';
import { administer } from '../verbs/admin/administer.ts';
import { sweepApprovals } from '../verbs/approval/approvals.ts';
import { bind } from '../verbs/bind.ts';
import { Recall } from '../verbs/call/idempotency/recall.ts';
import { settleInterrupted, sweepUnreported } from '../verbs/outcome/settle-pending.ts';
import { status } from '../verbs/query/status.ts';
import { SessionSweep } from '../verbs/session/expire.ts';
import { vouch } from '../verbs/session/vouch.ts';
import { release } from './storage.ts';

/** How often what the host never reported is looked for, and the vault swept. */
const UPKEEP = 1_000;
/** Capabilities that a record of their change names; of more it has the number, and the digests of all. */
const MOST_NAMED = 1_000;

export function start(parts: Parts, providers: readonly Provider[]): KernelHost {
  if (parts.journal.writable) resume(parts);
  follow(parts);
  const upkeep = keepUp(parts);
  const recall = new Recall();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= end(parts, providers, upkeep);
    return closing;
  };
  return Object.freeze({
    as: (caller: Caller) => bind(parts, caller, recall, close),
    administer: <T extends Json>(caller: Caller, action: AdminAction, run: () => T | Promise<T>) =>
      administer(parts, caller, action, run),
    endorse: (caller: Caller, vouching: Vouching) => vouch(parts, caller, 'endorse', vouching),
    declassify: (caller: Caller, vouching: Vouching) =>
      vouch(parts, caller, 'declassify', vouching),
    // Whoever waits for one of the records hears of a failure.
    flush: () => void parts.journal.flush().catch(() => {}),
    recordRefusal: (code: string, fields: JsonObject, tenant?: string) =>
      note(parts, 'refused', { code, ...fields }, tenant),
    status: () => status(parts),
    close,
  });
}

function note(
  { journal, now }: Parts,
  event: string,
  fields: JsonObject,
  tenant = 'default',
): void {
  const members = eventMembers(event, fields);
  journal.append({ kind: 'system', tenant, at: now(), members }).durable.catch(() => {});
}

/** What a restart owes: outcomes for what was interrupted, and a record that it started. */
function resume(parts: Parts): void {
  // Every intent that is still open has room for its outcome, as it had before the restart.
  for (let open = parts.state.pending.size; open > 0; open--) parts.journal.reserveOutcome();
  const interrupted = settleInterrupted(parts);
  const { version, policy } = status(parts);
  note(parts, 'started', {
    version,
    mode: parts.settings.mode,
    policy: policy.digest,
    interrupted,
  });
  if (interrupted > 0)
    parts.onMessage('fault', `${interrupted} actions were interrupted: their outcome is unknown`);
}

/** What follows from what others change: a record of each policy and of each set of capabilities, and no value in the vault that nothing names. */
function follow(parts: Parts): void {
  const { journal, events, policyOrigin, configured, capabilities, vault, now } = parts;
  policyOrigin.start(({ from, to, rules, by }) => {
    const at = now();
    const members = eventMembers('policy', { from, to, rules, by });
    journal.append({ kind: 'state', tenant: 'default', at, members }).durable.catch(() => {});
    events.emit('default', undefined, 'policy', at, { from, to });
  });
  configured.start((definitions) => {
    capabilities.configure(definitions, ({ from, to, changes }) => {
      const named = changes.length > MOST_NAMED ? {} : { changes: changes.map(([...one]) => one) };
      const fields = { from, to, count: changes.length, by: 'file' };
      const members = eventMembers('capabilities', fields, named);
      const record = { kind: 'state', tenant: 'default', at: now(), members } as const;
      journal.append(record).durable.catch(() => {});
    });
  });
  parts.handles.onDropped(({ tenant, value, bytes }) => {
    dropValue(vault, tenant, value, bytes).catch(() => {});
  });
  parts.approvals.onDropped(({ tenant, value }) => {
    void attempt(() => vault.letGo(tenant, value));
  });
  parts.flows.vouched.onDropped(({ tenant, kept }) => {
    void attempt(() => vault.drop(tenant, kept));
  });
}

async function attempt(work: () => MaybePromise<void>): Promise<void> {
  try {
    await work();
  } catch {
    // Nobody waits for it: the value goes when it expires.
  }
}

function keepUp(parts: Parts): NodeJS.Timeout {
  const sweep = new SessionSweep();
  let swept = parts.now();
  const upkeep = setInterval(() => {
    try {
      sweepUnreported(parts);
      sweepApprovals(parts, swept);
      swept = parts.now();
      sweep.step(parts, parts.now());
      parts.handles.sweep(parts.now());
      void parts.vault.sweep(parts.now());
    } catch (error) {
      parts.onMessage('fault', `upkeep failed: ${String(error)}`);
    }
  }, UPKEEP);
  return upkeep.unref();
}

async function end(
  parts: Parts,
  providers: readonly Provider[],
  upkeep: NodeJS.Timeout,
): Promise<void> {
  clearInterval(upkeep);
  parts.policyOrigin.close();
  parts.configured.close();
  parts.events.close();
  if (parts.journal.writable) note(parts, 'stopped', {});
  for (const provider of providers) await provider.close?.();
  await release(parts);
}
