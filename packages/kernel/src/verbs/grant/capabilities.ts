/** What may be asked for: searching it, registering it, approving what changed, deleting it. */
import { setImmediate as turn } from 'node:timers/promises';
import type { CapabilityGoal, CapabilityView, Revocation } from '@portcullis/wire';
import { isPlainObject } from '../../action/plain.ts';
import { settledBy } from '../../capability/token/pinned.ts';
import { PortcullisError } from '../../errors.ts';
import { visible } from '../../frame/screen.ts';
import { type Caller, Evaluation } from '../../gate/guard.ts';
import type { Appended } from '../../journal/types.ts';
import type { Parts } from '../../parts.ts';
import { eventMembers } from '../../record/event.ts';
import { administer } from '../admin/administer.ts';
import { letFall } from './revoke.ts';

const LONGEST_GOAL = 1_000;
const MOST = 100;

/** Active ones that this principal could be granted; who may write policy sees all, pending ones too. */
export function listCapabilities(parts: Parts, caller: Caller): Promise<readonly CapabilityView[]> {
  const sees = caller.rights.has('policy');
  return inTurns(parts.capabilities.list(caller.tenant), (one) =>
    sees || isGrantable(parts, caller, one) ? shown(one) : undefined,
  );
}

/** Milliseconds that one of them may hold up everybody else: there may be tens of thousands. */
const TURN = 10;

async function inTurns(
  all: readonly CapabilityView[],
  take: (one: CapabilityView) => CapabilityView | undefined,
): Promise<readonly CapabilityView[]> {
  const found: CapabilityView[] = [];
  let began = performance.now();
  for (const one of all) {
    const taken = take(one);
    if (taken !== undefined) found.push(taken);
    if (performance.now() - began < TURN) continue;
    await turn();
    began = performance.now();
  }
  return found;
}

export async function requestCapabilities(
  parts: Parts,
  caller: Caller,
  asked: CapabilityGoal,
): Promise<readonly CapabilityView[]> {
  const { goal, tags, limit } = readGoal(asked);
  const grantable = await inTurns(parts.capabilities.list(caller.tenant), (one) =>
    isGrantable(parts, caller, one) ? one : undefined,
  );
  return (await parts.search.find(grantable, goal, tags, limit)).map(shown);
}

function readGoal(asked: CapabilityGoal): Required<CapabilityGoal> {
  if (typeof asked !== 'object' || asked === null || !isPlainObject(asked))
    throw new PortcullisError('malformed_request', 'a request is an object');
  const { goal, tags = [], limit = 10 } = asked;
  if (typeof goal !== 'string' || goal.length > LONGEST_GOAL)
    throw new PortcullisError('malformed_request', `goal is a text of at most ${LONGEST_GOAL}`);
  const words = Array.isArray(tags) && tags.length <= 64;
  if (!words || !tags.every((tag) => typeof tag === 'string' && tag.length <= 256))
    throw new PortcullisError('malformed_request', 'tags are at most 64 texts');
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST)
    throw new PortcullisError('malformed_request', `limit is a whole number of 1 to ${MOST}`);
  return { goal, tags, limit };
}

/** Policy could permit such an action, at once, after an approval or later: with who asks and what is fixed as they are, the rest open. */
function isGrantable(parts: Parts, caller: Caller, view: CapabilityView): boolean {
  if (view.status !== 'active') return false;
  const { tenant, principal } = caller;
  const over = parts.state.invalidations;
  if (!over.none && over.of({ tenant, principals: [principal.id], roles: [principal.roles] }))
    return false;
  const resource = parts.capabilities.fixedResource(view);
  const pins = Object.entries(view.fixed?.params ?? {}).map(([name, eq]) => [`/${name}`, { eq }]);
  const caveats = {
    params: Object.fromEntries(pins),
    ...(resource === undefined ? {} : { resources: [resource] }),
  };
  const probe = new Evaluation('search', parts.now(), caller, undefined, 'enforce', 'none');
  const { action, settled } = settledBy(view, [{ ok: true, caveats, text: '' }]);
  probe.action = action;
  probe.grant = { id: '', justification: undefined, by: [] };
  return (
    parts.policies.for(undefined).couldPermit(probe, { ...settled, reasonOpen: true }).kind ===
    'pass'
  );
}

/** For people and models: nothing in a name or a description reorders, hides or commands a screen. */
const shown = (view: CapabilityView): CapabilityView => ({
  ...view,
  name: visible(view.name),
  description: visible(view.description),
});

export async function registerCapability(
  parts: Parts,
  caller: Caller,
  definition: unknown,
): Promise<CapabilityView> {
  const { capabilities } = parts;
  const made = await administer(
    parts,
    caller,
    { name: 'portcullis.capability.register', right: 'policy', params: { id: idOf(definition) } },
    async () => {
      const { read, changes } = capabilities.check(caller.tenant, definition);
      if (changes) {
        const members = eventMembers(
          'capability.registered',
          { id: read.id, digest: read.digest, by: caller.credential },
          { definition: read.definition as never },
        );
        const at = parts.now();
        const record = parts.journal.append({ kind: 'state', tenant: caller.tenant, at, members });
        await recorded(record, capabilities.register(caller.tenant, read));
      }
      const active = capabilities.find(read.id, caller.tenant)?.digest === read.digest;
      return { id: read.id, status: active ? 'active' : 'pending' };
    },
  );
  return shown(capabilities.view(caller.tenant, made.id, made.status as 'active'));
}

/** What could not be recorded holds for nobody. */
async function recorded({ durable }: Appended, takeBack: () => void): Promise<void> {
  try {
    await durable;
  } catch (error) {
    takeBack();
    throw error;
  }
}

const idOf = (definition: unknown): string => {
  const id = (definition as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? id.slice(0, 128) : '';
};

export async function approveCapability(
  parts: Parts,
  caller: Caller,
  id: string,
  digest: string,
): Promise<CapabilityView> {
  const { capabilities } = parts;
  await administer(
    parts,
    caller,
    { name: 'portcullis.capability.approve', right: 'policy', params: { id, digest } },
    async () => {
      capabilities.pending(caller.tenant, id, digest);
      const members = eventMembers('capability.approved', { id, digest, by: caller.credential });
      const at = parts.now();
      const record = parts.journal.append({ kind: 'state', tenant: caller.tenant, at, members });
      await recorded(record, capabilities.approve(caller.tenant, id));
      return true;
    },
  );
  return shown(capabilities.view(caller.tenant, id, 'active'));
}

/** Every grant of it falls, and holds again for nobody: who registers it anew grants anew. */
export async function deleteCapability(
  parts: Parts,
  caller: Caller,
  id: string,
): Promise<Revocation> {
  const { capabilities } = parts;
  const { tenant } = caller;
  let revocation: Revocation | undefined;
  await administer(
    parts,
    caller,
    { name: 'portcullis.capability.delete', right: 'policy', params: { id: idOf({ id }) } },
    async () => {
      const { digest } = capabilities.deletable(tenant, id);
      const at = parts.now();
      const fell = letFall(parts, { capability: id }, tenant, at);
      const members = eventMembers('capability.deleted', {
        id,
        digest,
        by: caller.credential,
        fell,
      });
      const { seq, hash, durable } = parts.journal.append({ kind: 'state', tenant, at, members });
      capabilities.delete(tenant, id);
      await durable;
      parts.events.emit(tenant, undefined, 'grant', at, { change: 'revoked', capability: id });
      revocation = { grants: fell, record: { seq, hash } };
      return fell;
    },
  );
  return revocation as Revocation;
}
