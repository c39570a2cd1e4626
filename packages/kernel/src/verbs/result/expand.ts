/**
 * `expand`: pages of what a handle names. Bound to who got the handle: anybody else's looks like none. Each page is masked again, counts
 * against the rows that the capability allows and the session's tokens, and is recorded before it is shown.
 */
import type { ExpandRequest, Frame, Json, Label } from '@portcullis/wire';
import { isPlainObject } from '../../action/plain.ts';
import { PortcullisError } from '../../errors.ts';
import { bounded } from '../../frame/frame.ts';
import { tokensOf } from '../../frame/session-tokens.ts';
import type { Caller } from '../../gate/guard.ts';
import { mayActAs } from '../../gate/identity.ts';
import type { Handle } from '../../handle/handles.ts';
import { type Page, readPage } from '../../handle/page.ts';
import { type Query, readQuery } from '../../handle/query.ts';
import { getHead, type ValueHead } from '../../handle/value.ts';
import type { Appended } from '../../journal/types.ts';
import type { Parts } from '../../parts.ts';
import { eventMembers } from '../../record/event.ts';
import type { SessionState } from '../../session/state.ts';
import { keyOfHandle } from './framed.ts';

export async function expand(parts: Parts, caller: Caller, request: ExpandRequest): Promise<Frame> {
  const { id, query, reader } = readRequest(request);
  const handle = found(parts, caller, id);
  const session = usable(parts, caller, handle, reader);
  const head = await getHead(parts.vault, handle.tenant, handle.value);
  if (head === undefined) throw new PortcullisError('handle_expired');
  const most = handle.left === undefined ? query.limit : Math.min(query.limit, handle.left);
  const page =
    most === 0 || parts.tokens.tier(session.id) === 'exhausted'
      ? EMPTY
      : await readPage(parts.vault, handle.tenant, head, { ...query, limit: most }, room(parts));
  if (page === undefined) throw new PortcullisError('handle_expired');
  return record(parts, caller, handle, session, { id, head, query, page });
}

const NO_LABELS: readonly Label[] = Object.freeze([]);
const EMPTY: Page = Object.freeze({ rows: [], found: 0, next: undefined });

/** Bytes of rows: what is left is for their masks. */
const room = (parts: Parts): number => Math.floor(parts.budgets.bytes * 0.9);

interface Asked {
  readonly id: string;
  readonly query: Query;
  /** The session that reads, where it says. */
  readonly reader: string | undefined;
}

function readRequest(request: ExpandRequest): Asked {
  if (typeof request !== 'object' || request === null || !isPlainObject(request))
    throw new PortcullisError('malformed_request', 'a request is an object');
  for (const name of Object.keys(request))
    if (name !== 'handle' && name !== 'query' && name !== 'session')
      throw new PortcullisError('unknown_field', 'a request has handle, query and session');
  const { handle, query, session } = request;
  if (typeof handle !== 'string' || handle.length > 128)
    throw new PortcullisError('malformed_request', 'handle is a text');
  if (session !== undefined && (typeof session !== 'string' || session.length > 128))
    throw new PortcullisError('malformed_request', 'session is a text');
  return { id: handle, query: readQuery(query), reader: session };
}

/** Absent, another's and forged look the same. */
function found(parts: Parts, caller: Caller, id: string): Handle {
  const handle = parts.handles.get(keyOfHandle(parts, id), parts.now());
  const known = handle !== undefined && handle.tenant === caller.tenant;
  if (!known || !mayActAs(caller, handle.principal) || isOver(parts, handle))
    throw new PortcullisError('unknown_handle');
  return handle;
}

/** What was got with a grant goes with it: for as long as who delegated it is stopped, too. */
const isOver = ({ granting }: Parts, { grant }: Handle): boolean =>
  grant !== undefined && granting.grants.isOver(grant);

/** What would be denied as an action is refused here too. Answers the session that reads: the one that got the handle, or another of its principal. */
function usable(
  parts: Parts,
  caller: Caller,
  handle: Handle,
  reader: string | undefined,
): SessionState {
  if (parts.state.freezes.stops(handle.tenant)) throw new PortcullisError('frozen');
  const { sessions } = parts.state;
  const session = sessions.findAny(handle.session, handle.tenant);
  if (session === undefined) throw new PortcullisError('unknown_handle');
  alive(parts, caller, handle, session);
  if (reader === undefined || reader === session.id) return session;
  const other = sessions.findAny(reader, handle.tenant);
  if (other?.principal !== handle.principal) throw new PortcullisError('unknown_session');
  alive(parts, caller, handle, other);
  return other;
}

function alive(parts: Parts, caller: Caller, handle: Handle, session: SessionState): void {
  if (session.closed) throw new PortcullisError('session_closed');
  const over =
    session.invalidated ??
    parts.state.invalidations.of({
      tenant: handle.tenant,
      principals: [handle.principal, caller.principal.id, session.onBehalfOf],
      roles: [caller.principal.roles],
    });
  if (over !== undefined) throw new PortcullisError('invalidated');
  if (session.quarantine !== 'none') throw new PortcullisError('session_quarantined');
}

interface Expansion {
  readonly id: string;
  readonly head: ValueHead;
  readonly query: Query;
  readonly page: Page;
}

async function record(
  parts: Parts,
  caller: Caller,
  handle: Handle,
  session: SessionState,
  { id, head, query, page }: Expansion,
): Promise<Frame> {
  // Again, and from here to the record nothing is awaited: of two at once, the second sees what the first left.
  usable(parts, caller, handle, session.id);
  if (!handle.live || isOver(parts, handle)) throw new PortcullisError('unknown_handle');
  const left = handle.left ?? Number.POSITIVE_INFINITY;
  if (left === 0) throw new PortcullisError('handle_exhausted');
  const rows = page.rows.slice(0, left);
  const made = frameOf(parts, handle, session, { id, head, query, page }, rows);
  const { frame, tokens } = made;
  const count = frame.tier === 'exhausted' ? 0 : rows.length;
  // A look that finds nothing tells something too: it costs a row.
  const cost = handle.left === undefined ? count : Math.max(1, count);
  const at = parts.now();
  // The session that got the handle has seen it: only another learns anything from these.
  const labels = session.id === handle.session || frame.data === null ? NO_LABELS : frame.labels;
  const fields = {
    id: head.id,
    session: session.id,
    principal: handle.principal,
    handle: handle.key,
    rows: cost,
    offset: query.offset,
    by: caller.credential,
    ...(tokens === undefined ? {} : { tokens }),
  };
  const plain = labels.length === 0 ? {} : { labels: labels as unknown as Json };
  let appended: Appended;
  try {
    appended = parts.journal.append({
      kind: 'state',
      tenant: handle.tenant,
      at,
      members: eventMembers('handle.expanded', fields, plain),
    });
  } catch (error) {
    if (tokens !== undefined) parts.tokens.forgo(session.id, tokens);
    throw error;
  }
  parts.handles.take(handle.key, cost);
  if (tokens !== undefined) parts.tokens.settle(session.id, tokens);
  parts.state.sees(handle.tenant, session.id, labels, at);
  await appended.durable;
  learn(parts, session, head, frame.data);
  return frame;
}

/** The session's index learns what it sees again, as it learned the outcome. */
function learn(parts: Parts, session: SessionState, head: ValueHead, data: Json): void {
  const [label, ...made] = head.labels;
  if (label === undefined || data === null || !parts.flows.learns(session)) return;
  parts.flows.outcome({
    id: head.id,
    tenant: session.tenant,
    session,
    action: head.action,
    data,
    labels: [label, ...made],
    again: true,
  });
}

function frameOf(
  parts: Parts,
  handle: Handle,
  session: SessionState,
  { id, head, query, page }: Expansion,
  rows: readonly Json[],
): { readonly frame: Frame; readonly tokens: number | undefined } {
  const limits = { bytes: parts.budgets.bytes, depth: parts.budgets.depth };
  const data = [...rows];
  const bytes = Buffer.byteLength(JSON.stringify(data));
  const { frame } = bounded(data, head.labels, limits, bytes, head.personal);
  const whole: Frame = Object.freeze({
    ...frame,
    notes: Object.freeze([...frame.notes, ...more(handle, query, page, rows.length)]),
    mode: 'table',
    handle: id,
    handle_expires: new Date(handle.expires).toISOString(),
    ...(handle.left === undefined ? { rows: page.found } : {}),
  });
  if (!parts.tokens.counts) return { frame: whole, tokens: undefined };
  const nothing: Frame = Object.freeze({ ...whole, data: null, notes: [], mode: 'handle_only' });
  const tier = parts.tokens.tier(session.id);
  const wanted = tokensOf(whole);
  const taken = tier === 'exhausted' ? 0 : parts.tokens.take(session.id, wanted);
  if (taken === wanted)
    return { frame: tier === undefined ? whole : Object.freeze({ ...whole, tier }), tokens: taken };
  if (taken > 0) parts.tokens.forgo(session.id, taken);
  const { tokens } = parts.tokens.fit(session.id, 'handle_only', () => ({ frame: nothing }));
  return { frame: Object.freeze({ ...nothing, tier: 'exhausted' }), tokens };
}

function more(handle: Handle, query: Query, page: Page, rows: number): readonly string[] {
  const after = query.offset + rows;
  if (handle.left !== undefined && handle.left - rows <= 0)
    return ['used up: the rows of this handle'];
  return page.next === undefined ? [] : [`more rows: go on at offset ${after}`];
}
