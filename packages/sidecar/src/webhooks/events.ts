/**
 * What a webhook tells of, made of journal records, so that a delivery says what is on record and can be made again after a restart. Records hold no
 * parameters and no results; texts in them are redacted.
 */
import type { JournalQuery, JournalRecord, Json, JsonObject } from '@portcullis/wire';

export const WEBHOOK_EVENTS = [
  'approval.held',
  'approval.answered',
  'approval.withdrawn',
  'approval.expired',
  'session.quarantined',
  'invalidated',
  'restored',
  'freeze',
] as const;

export type WebhookEventType = (typeof WEBHOOK_EVENTS)[number];

export interface RecordedEvent {
  readonly type: WebhookEventType;
  readonly data: JsonObject;
}

/** Where in the journal the records of such events are found: all of them, and others. */
export const SOURCES: readonly JournalQuery[] = Object.freeze([
  { kind: 'approval' },
  { kind: 'state' },
  { kind: 'decision', effect: 'require_approval' },
  { kind: 'decision', effect: 'deny' },
]);

/** Those of one record, in its order; empty where it holds none. */
export function eventsOf(record: JournalRecord): readonly RecordedEvent[] {
  switch (record.kind) {
    case 'decision':
      return decided(record);
    case 'approval':
      return answered(record);
    case 'state':
      return changed(record);
    default:
      return [];
  }
}

/** The members of these names that are there. */
const pick = (record: JsonObject, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(
    names.filter((name) => record[name] !== undefined).map((name) => [name, record[name] as Json]),
  );

function decided(record: JournalRecord): RecordedEvent[] {
  const found: RecordedEvent[] = [];
  const held = record.held as { expires: number; asks: JsonObject[] } | undefined;
  if (held !== undefined) {
    const asks = held.asks.map((ask) => pick(ask, 'rule', 'approvers', 'quorum'));
    const who = pick(record, 'id', 'action', 'principal', 'on_behalf_of', 'session');
    const data = { ...who, status: 'open', expires: held.expires, asks };
    found.push({ type: 'approval.held', data });
  }
  const { quarantines, invalidates } = record;
  if (quarantines !== undefined) {
    const cause = pick(quarantines as JsonObject, 'level', 'rule', 'whom');
    const data = { ...pick(record, 'session', 'principal'), ...cause, decision: record.id as Json };
    found.push({ type: 'session.quarantined', data });
  }
  for (const ended of (invalidates ?? []) as JsonObject[]) {
    const data = { ...pick(ended, 'target', 'id', 'guard'), decision: record.id as Json };
    found.push({ type: 'invalidated', data });
  }
  return found;
}

function answered(record: JournalRecord): RecordedEvent[] {
  const who = pick(record, 'id', 'session', 'principal', 'by');
  switch (record.event) {
    case 'answered':
      return [
        {
          type: 'approval.answered',
          data: { ...who, ...pick(record, 'decision', 'for', 'reason') },
        },
      ];
    case 'withdrawn':
    case 'expired':
      return [{ type: `approval.${record.event}`, data: who }];
    default:
      return [];
  }
}

function changed(record: JournalRecord): RecordedEvent[] {
  switch (record.event) {
    // A release is told as what is left of it: `none`, or a milder level.
    case 'session.quarantined':
    case 'session.released':
      return [
        {
          type: 'session.quarantined',
          data: pick(record, 'session', 'principal', 'level', 'reason', 'by'),
        },
      ];
    case 'invalidated':
    case 'restored':
      return [{ type: record.event, data: pick(record, 'target', 'id', 'reason', 'by') }];
    case 'freeze':
      return [{ type: 'freeze', data: pick(record, 'on', 'scope', 'reason', 'by') }];
    default:
      return [];
  }
}
