/**
 * From what came back to what the requester is given: the frame in its mode, a handle where it does not show all, and what the outcome's
 * record says of both. Where nothing was asked for and all fits, this is `makeFrame` and nothing more.
 */
import { hash } from 'node:crypto';
import type { Frame, Label, ResponseMode } from '@portcullis/wire';
import { RESPONSE_MODES } from '../../action/index.ts';
import type { MaybePromise } from '../../action/types.ts';
import { randomText } from '../../crypto/random.ts';
import { PortcullisError } from '../../errors.ts';
import type { Whole } from '../../frame/columns.ts';
import type { ViewLimits } from '../../frame/types.ts';
import type { Shown } from '../../frame/view.ts';
import { showFrame } from '../../frame/view.ts';
import type { Caller, Evaluation } from '../../gate/guard.ts';
import { type Judgement, refusal } from '../../gate/judgement.ts';
import type { HandleRecord } from '../../handle/handles.ts';
import { type Kept, putValue } from '../../handle/value.ts';
import type { Parts } from '../../parts.ts';
import type { Measured } from './measured.ts';

/** Whose frame it is. */
export interface Viewer {
  readonly tenant: string;
  readonly principal: string;
  readonly session: string | undefined;
  /** The action's id. */
  readonly id: string;
  /** Its name. */
  readonly action: string;
}

export interface Framed {
  readonly frame: Frame;
  /** For the outcome's record; with it `keep` or, where it could not be written, `forgo`. */
  readonly handle: HandleRecord | undefined;
  readonly tokens: number | undefined;
}

/** `raw` needs a role that the credential has; one that the request asserts does not count. Refused before anything runs. */
export function rawRefused(parts: Parts, ev: Evaluation): Judgement | undefined {
  if (ev.request?.response_mode !== 'raw') return undefined;
  return seesRaw(parts, ev.caller) ? undefined : refusal('admission', 'raw_not_allowed');
}

/** The mode of a report, which no admission has read. */
export function checkMode(parts: Parts, caller: Caller, mode: unknown): void {
  if (mode === undefined) return;
  if (typeof mode !== 'string' || !RESPONSE_MODES.has(mode))
    throw new PortcullisError(
      'malformed_request',
      `response_mode is one of ${[...RESPONSE_MODES].join(', ')}`,
    );
  if (mode === 'raw' && !seesRaw(parts, caller)) throw new PortcullisError('raw_not_allowed');
}

export const seesRaw = (parts: Parts, caller: Caller): boolean =>
  caller.principal.roles.some((role) => parts.settings.rawRoles.has(role));

export const viewerOf = (ev: Evaluation): Viewer => ({
  tenant: ev.caller.tenant,
  principal: ev.principal.id,
  session: ev.session?.id,
  id: ev.id,
  action: ev.action?.name ?? '',
});

export function framed(
  parts: Parts,
  viewer: Viewer,
  { data, bytes }: Measured,
  labels: readonly Label[],
  mode: ResponseMode | undefined,
  limits: ViewLimits | undefined,
): MaybePromise<Framed> {
  const { budgets, tokens: counted } = parts;
  const show = (how: ResponseMode | undefined): Shown =>
    showFrame(data, labels, budgets, how, limits, bytes);
  if (viewer.session === undefined || !counted.counts) {
    const { frame, rest } = show(mode);
    if (rest === undefined) return { frame, handle: undefined, tokens: undefined };
    return withHandle(parts, viewer, frame, rest, limits, undefined);
  }
  const { shown, tier, tokens } = counted.fit(viewer.session, mode, show);
  const frame = tier === undefined ? shown.frame : Object.freeze({ ...shown.frame, tier });
  if (shown.rest === undefined) return { frame, handle: undefined, tokens };
  return withHandle(parts, viewer, frame, shown.rest, limits, tokens);
}

function withHandle(
  parts: Parts,
  viewer: Viewer,
  frame: Frame,
  rest: Whole,
  limits: ViewLimits | undefined,
  tokens: number | undefined,
): MaybePromise<Framed> {
  const ttl = parts.settings.handleTtl;
  const facts = {
    id: viewer.id,
    action: viewer.action,
    labels: frame.labels,
    personal: limits?.personal === true,
    ...(limits?.fields === undefined ? {} : { fields: limits.fields }),
  };
  try {
    const put = putValue(parts.vault, viewer.tenant, facts, rest, ttl);
    const named = (kept: Kept): Framed => namedBy(parts, frame, kept, limits, tokens);
    return put instanceof Promise
      ? put.then(named, (error: unknown) => unkept(parts, frame, tokens, error))
      : named(put);
  } catch (error) {
    return unkept(parts, frame, tokens, error);
  }
}

export function namedBy(
  parts: Parts,
  frame: Frame,
  kept: Kept,
  limits: ViewLimits | undefined,
  tokens: number | undefined,
): Framed {
  const id = mintHandle();
  const expires = parts.now() + parts.settings.handleTtl;
  return {
    frame: Object.freeze({ ...frame, handle: id, handle_expires: new Date(expires).toISOString() }),
    handle: {
      key: keyOfHandle(parts, id),
      value: kept.name,
      expires,
      bytes: kept.bytes,
      ...(limits?.grant === undefined ? {} : { grant: limits.grant }),
      ...(limits?.rows === undefined ? {} : { rows: limits.rows }),
    },
    tokens,
  };
}

/** The result was made and is shown; what the frame leaves out is lost, and that is said. */
function unkept(parts: Parts, frame: Frame, tokens: number | undefined, error: unknown): Framed {
  parts.onMessage('fault', `a result could not be kept for its handle: ${String(error)}`);
  const notes = Object.freeze([...frame.notes, 'no handle: the vault has no room']);
  return { frame: Object.freeze({ ...frame, notes }), handle: undefined, tokens };
}

/** 128 random bits: who has it was given it. */
const mintHandle = (): string => `hdl_${randomText()}`;

export const keyOfHandle = (parts: Parts, id: string): string =>
  parts.commit(hash('sha256', id, 'hex'));

/** In the synchronous run that appended the outcome's record. */
export function keep(parts: Parts, viewer: Viewer, { handle, tokens }: Framed): void {
  const { tenant, principal, session = '' } = viewer;
  if (handle !== undefined) parts.handles.keep(tenant, principal, session, handle);
  if (tokens !== undefined) parts.tokens.settle(session, tokens);
}

export function forgo(parts: Parts, { session = '' }: Viewer, { tokens }: Framed): void {
  if (tokens !== undefined) parts.tokens.forgo(session, tokens);
}
