/**
 * What must be true after every case, whatever it did: the journal verifies, each answered decision has one record, everything that ran was
 * authorised and traced, and no canary came out anywhere. A runner in another language gets these from the harness when it closes a case.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalRecord, Kernel } from '@portcullis/wire';
import { leakedIn } from './canaries.ts';
import type { Target } from './target.ts';

export async function closing(target: Target, decided: ReadonlySet<string>): Promise<string[]> {
  const admin = await target.kernel('admin');
  const report = await admin.verify();
  const records = await all(admin);
  return [
    ...(report.ok ? [] : [`the journal does not verify: ${JSON.stringify(report.problem)}`]),
    ...oneRecordEach(records, decided),
    ...authorisedAndTraced(records, target.world.ran),
    ...(await silent(target, records)),
  ];
}

async function all(admin: Kernel): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  let after: number | undefined;
  do {
    const page = await admin.journal({ limit: 1000, ...(after === undefined ? {} : { after }) });
    records.push(...page.records);
    after = page.next;
  } while (after !== undefined);
  return records;
}

function oneRecordEach(records: readonly JournalRecord[], decided: ReadonlySet<string>): string[] {
  const count = new Map<unknown, number>();
  for (const { kind, id } of records)
    if (kind === 'decision') count.set(id, (count.get(id) ?? 0) + 1);
  return [...decided]
    .filter((id) => count.get(id) !== 1)
    .map((id) => `decision ${id} has ${count.get(id) ?? 0} records`);
}

/** Nothing ran that no decision permitted, and all that ran has its outcome in the journal, once. */
function authorisedAndTraced(
  records: readonly JournalRecord[],
  ran: Readonly<Record<string, number>>,
): string[] {
  const wrong: string[] = [];
  for (const [action, times] of Object.entries(ran)) {
    const of = (kind: string) =>
      records.filter((record) => record.kind === kind && record.action === action);
    const permitted = of('decision').filter(
      ({ effect, execution }) =>
        (effect === 'permit' || effect === 'modify') && execution === 'provider',
    );
    if (permitted.length < times)
      wrong.push(`${action} ran ${times} times and was permitted ${permitted.length} times`);
    const outcomes = of('outcome').map(({ id }) => id);
    for (const { id } of permitted) {
      const traced = outcomes.filter((one) => one === id).length;
      if (traced !== 1) wrong.push(`${action} ${String(id)} has ${traced} outcomes`);
    }
  }
  return wrong;
}

/** No canary in the journal, in any file of the data directory, nor in what the way has besides: logs, metrics, events. */
async function silent(target: Target, records: readonly JournalRecord[]): Promise<string[]> {
  const { dataDir, setup } = target.world;
  const places: [string, string][] = [['the journal', JSON.stringify(records)]];
  if (setup.durable) {
    for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8' })) {
      const path = join(dataDir, name);
      try {
        places.push([name, readFileSync(path, 'latin1')]);
      } catch {
        // A directory, or gone since.
      }
    }
  }
  places.push(...Object.entries((await target.egress?.()) ?? {}));
  return places.flatMap(([place, text]) =>
    leakedIn(text).map((canary) => `${canary} is in ${place}`),
  );
}
