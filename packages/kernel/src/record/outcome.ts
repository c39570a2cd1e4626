/** The members of an outcome record: what came of a permitted action. */
import type { Frame, Label } from '@portcullis/wire';
import { flat } from '../action/flat.ts';
import { Memo } from '../action/memo.ts';
import { quote } from '../action/quote.ts';
import type { HandleRecord } from '../handle/handles.ts';
import { clean } from './clean.ts';
import { labelsMember } from './decision.ts';

const TEXT_CAP = 1_024;

export interface OutcomeFacts {
  readonly id: string;
  readonly session: string | undefined;
  readonly principal: string;
  readonly action: string;
  readonly status: 'ok' | 'error' | 'unknown' | 'not_executed' | 'not_reported';
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  readonly duration: number;
  /** Salted commitment to the result. */
  readonly result?: string | undefined;
  /** What the requester is given to see: its bytes, and how it is shown. */
  readonly frame?: Frame | undefined;
  readonly labels?: readonly Label[];
  /** Host-executed: whether the executor redeemed the permit first. */
  readonly redeemed?: boolean | undefined;
  /** The vault's name of the answer kept for an idempotency key. */
  readonly kept?: string | undefined;
  /** The handle that the frame names. */
  readonly handle?: HandleRecord | undefined;
  /** What a host said that it used. */
  readonly usage?: { readonly tokens?: number } | undefined;
  /** Of a stream: how many frames were given to the requester before this record. */
  readonly frames?: number | undefined;
  /** What the frame took of the session's tokens. */
  readonly tokens?: number | undefined;
}

export function outcomeMembers(facts: OutcomeFacts): string {
  let text = `"id":${quote(facts.id)}${whose(facts)}${about(facts.action)}${facts.status}"`;
  if (facts.error !== undefined) {
    text += `,"error":{"code":${quote(facts.error.code)},"message":${quote(clean(facts.error.message, TEXT_CAP))}}`;
  }
  text += `,"duration_ms":${facts.duration}`;
  if (facts.result !== undefined) text += `,"result":"${facts.result}"`;
  if (facts.frame !== undefined) text += shown(facts.frame);
  if (facts.labels !== undefined) text += labelsMember(facts.labels);
  if (facts.redeemed !== undefined) text += `,"redeemed":${facts.redeemed}`;
  if (facts.kept !== undefined) text += `,"kept":${quote(facts.kept)}`;
  if (facts.handle !== undefined) text += `,"handle":${JSON.stringify(facts.handle)}`;
  if (facts.usage !== undefined) text += `,"usage":${JSON.stringify(facts.usage)}`;
  if (facts.frames !== undefined) text += `,"frames":${facts.frames}`;
  if (facts.tokens !== undefined) text += `,"tokens":${facts.tokens}`;
  return text;
}

/** Of how many sessions and of how many actions the same text is kept from record to record. */
const SESSIONS = 1_024;
const KEPT = 256;

const bySession = new Memo<{ readonly principal: string; readonly text: string }>(SESSIONS);

/** From the end of the id to the principal. */
function whose({ session, principal }: OutcomeFacts): string {
  if (session === undefined) return `,"principal":${quote(principal)}`;
  const known = bySession.get(session);
  if (known?.principal === principal) return known.text;
  const text = flat(`,"session":${quote(session)},"principal":${quote(principal)}`);
  return bySession.set(session, { principal, text }).text;
}

const byName = new Memo<string>(KEPT);

/** From there to the status. */
const about = (action: string): string =>
  byName.get(action) ?? byName.set(action, flat(`,"action":${quote(action)},"status":"`));

/** The result itself, all of it, says nothing of how it was shown. */
function shown({ bytes, mode, rows, notes, data }: Frame): string {
  const text = `,"bytes":${bytes}`;
  if (mode === undefined && notes.length === 0) return text;
  const facts = mode === 'summary' ? countOf(data) : undefined;
  return `${text},"shown":${JSON.stringify({ mode, facts, rows, notes: notes.length })}`;
}

const countOf = (data: Frame['data']): number =>
  typeof data === 'object' && data !== null ? Object.keys(data).length : 1;
