/** One action as the log shows it: its decision and, where it ran, its outcome, read from records that are not trusted to be whole. */
import type { JournalRecord, Json } from '@portcullis/wire';

export interface ActionLine {
  readonly id: string;
  readonly seq: number;
  readonly at: string;
  readonly session: string;
  readonly principal: string;
  readonly on_behalf_of?: string;
  readonly action: string;
  readonly resource: string;
  readonly effect: string;
  readonly code: string;
  /** Observe mode: what enforcing would have said. */
  readonly would?: { readonly effect: string; readonly code: string };
  readonly rule?: string;
  /** ok, error, unknown, not_executed, not_reported; `pending` where no outcome is there yet; empty where none will come. */
  readonly outcome: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly duration_ms?: number;
  readonly bytes?: number;
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

const field = (value: Json | undefined, name: string): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;

const number = (value: Json | undefined): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** Whether something was to run: only then an outcome is owed. */
const runs = (decision: JournalRecord): boolean =>
  ['permit', 'modify'].includes(text(decision.effect)) && decision.execution !== 'none';

export function actionLine(
  decision: JournalRecord,
  outcome: JournalRecord | undefined,
): ActionLine {
  const would = decision.would;
  const error = outcome?.error;
  const duration = number(outcome?.duration_ms);
  const bytes = number(outcome?.bytes);
  return {
    id: text(decision.id),
    seq: decision.seq,
    at: decision.ts,
    session: text(decision.session),
    principal: text(decision.principal),
    ...optional('on_behalf_of', text(decision.on_behalf_of)),
    action: text(decision.action),
    resource: text(field(decision.resource, 'value')),
    effect: text(decision.effect),
    code: text(decision.code),
    ...(would === undefined
      ? {}
      : { would: { effect: text(field(would, 'effect')), code: text(field(would, 'code')) } }),
    ...optional('rule', text(decision.rule)),
    outcome: outcome === undefined ? (runs(decision) ? 'pending' : '') : text(outcome.status),
    ...(error === undefined
      ? {}
      : { error: { code: text(field(error, 'code')), message: text(field(error, 'message')) } }),
    ...(duration === undefined ? {} : { duration_ms: duration }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

const optional = <K extends string>(key: K, value: string): { [P in K]?: string } =>
  value === '' ? {} : ({ [key]: value } as { [P in K]: string });
