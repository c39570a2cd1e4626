/** Reads the decisions of a journal's segments, oldest first, and holds each against another policy. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ExplainInput, explainPolicy, loadPolicy } from '@portcullis/kernel';
import type { JournalRecord, JsonObject } from '@portcullis/wire';
import { linesOf } from './read.ts';
import { possibleEffects } from './what-if.ts';

export interface Compared {
  readonly id: string;
  readonly seq: number;
  readonly action: string;
  readonly recorded: string;
  /** undefined where it cannot be known. */
  readonly candidate: string | undefined;
  readonly because: readonly string[];
}

/** The journal below a data directory, or the directory itself. */
async function* decisionsOf(dir: string): AsyncGenerator<JournalRecord> {
  const names = readdirSync(dir)
    .filter((name) => name.endsWith('.jsonl'))
    .sort();
  for (const name of names) {
    for await (const line of linesOf(join(dir, name))) {
      const record = parse(line);
      if (record?.kind === 'decision' && !String(record.action).startsWith('portcullis.'))
        yield record;
    }
  }
}

/** A line that a crash cut short is none; `verify` says whether anything else is wrong. */
function parse(line: string): JournalRecord | undefined {
  try {
    return JSON.parse(line) as JournalRecord;
  } catch {
    return undefined;
  }
}

export async function* compare(dir: string, text: string): AsyncGenerator<Compared> {
  const policy = loadPolicy([{ layer: 'server', name: 'candidate', text }]);
  for await (const record of decisionsOf(dir)) {
    const action = String(record.action ?? '');
    if (action === '') continue;
    const { effects, because } = possibleEffects(await explainPolicy(policy, situationOf(record)));
    const [only] = effects;
    yield {
      id: String(record.id),
      seq: record.seq,
      action,
      recorded: recordedEffect(record),
      candidate: effects.length === 1 ? only : undefined,
      because,
    };
  }
}

/** In observe mode, what enforcing would have come to. */
function recordedEffect({ effect, would }: JournalRecord): string {
  const softened = would as JsonObject | undefined;
  return String(softened?.effect ?? effect);
}

function situationOf(record: JournalRecord): ExplainInput {
  const resource = (record.resource as JsonObject | undefined)?.value;
  return {
    principal: { id: String(record.principal) },
    action: String(record.action),
    tenant: record.tenant,
    now: record.ts,
    ...(typeof record.on_behalf_of === 'string' ? { on_behalf_of: record.on_behalf_of } : {}),
    ...(typeof resource === 'string' ? { resource } : {}),
    ...(record.env === undefined ? {} : { env: record.env as ExplainInput['env'] & object }),
  };
}
