/**
 * What agents of each tenant stored, and what it is labelled: of the whole tenant, for a second session or another principal reads the
 * same files. A fold of the journal: decisions begin writes, outcomes settle them.
 */
import type { JournalRecord, Json } from '@portcullis/wire';
import type { Fold } from '../../state/fold.ts';
import type { Labels } from './join.ts';
import { type Happened, LabelTree, ROOM, type Room, type Write } from './tree.ts';

/** As a decision's record has it: what the action stores, and labels of the names that it gives. */
export interface Stores {
  readonly writes: readonly Write[];
  readonly names?: Labels;
}

export class StoredLabels implements Fold {
  readonly name = 'stored';
  readonly #room: Room;
  readonly #tenants = new Map<string, LabelTree>();

  constructor(room: Room = ROOM) {
    this.#room = room;
  }

  /** Undefined where nothing is remembered: nothing that is read there needs a look. */
  of(tenant: string): LabelTree | undefined {
    return this.#tenants.get(tenant);
  }

  begin(tenant: string, id: string, { writes, names }: Stores): void {
    let tree = this.#tenants.get(tenant);
    if (tree === undefined) {
      tree = new LabelTree(this.#room);
      this.#tenants.set(tenant, tree);
    }
    for (const write of writes) tree.begin(id, write, names);
  }

  settle(tenant: string, id: string, status: string): void {
    this.#tenants.get(tenant)?.settle(id, happened(status));
  }

  apply(record: JournalRecord): void {
    const id = record.id as string;
    if (record.kind === 'outcome') {
      this.settle(record.tenant, id, record.status as string);
      return;
    }
    if (record.kind !== 'decision' || record.stores === undefined) return;
    const permitted = record.effect === 'permit' || record.effect === 'modify';
    if (permitted && record.execution !== 'none')
      this.begin(record.tenant, id, record.stores as unknown as Stores);
  }

  save(): Json {
    return [...this.#tenants]
      .filter(([, tree]) => !tree.empty)
      .map(([tenant, tree]) => [tenant, tree.save()]);
  }

  load(json: Json): void {
    this.#tenants.clear();
    for (const [tenant, tree] of json as [string, Json][])
      this.#tenants.set(tenant, LabelTree.load(tree, this.#room));
  }
}

/** An error may have come after the effect. */
const happened = (status: string): Happened =>
  status === 'ok' ? 'yes' : status === 'not_executed' ? 'no' : 'maybe';
