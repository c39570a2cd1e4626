/**
 * The rights that a journal gave and took, in the order of its records: a few maps, for histories that a test makes up. It says what no record may
 * say by then: a use of what is revoked, over, held or used up, an approval taken twice or never given, an outcome without its intent.
 */
import type { JournalRecord } from '@portcullis/wire';

interface By {
  readonly grant: string;
  readonly session: string;
  readonly blocks: readonly string[];
  readonly principal: { readonly id: string };
  readonly counted: readonly { readonly block: string; readonly max: number }[];
}

interface Granted {
  readonly tenant: string;
  readonly principal: string;
  readonly capability: string;
  readonly expires: number;
  readonly uses: number;
  readonly by: readonly By[];
  used: number;
  revoked: boolean;
}

interface Asked {
  readonly tenant: string;
  readonly principal: string;
  readonly params: unknown;
  readonly session: unknown;
  state: 'open' | 'approved' | 'over' | 'used';
}

type Members = { readonly [name: string]: never };

export class ReferenceModel {
  readonly wrong: string[] = [];
  readonly #grants = new Map<string, Granted>();
  readonly #blocks = new Map<string, number>();
  readonly #revokedBlocks = new Set<string>();
  readonly #held = new Set<string>();
  readonly #closed = new Set<string>();
  readonly #asked = new Map<string, Asked>();
  readonly #running = new Map<string, string | undefined>();
  /** Rows that a handle may still show, by its key. */
  readonly #rows = new Map<string, number>();
  readonly #mostOf: (block: string) => number | undefined;

  /** `mostOf`: the uses of a block that somebody cut. */
  constructor(mostOf: (block: string) => number | undefined) {
    this.#mostOf = mostOf;
  }

  /** Whether one more use of a token of this grant, cut down by these blocks, is there. */
  usable(id: string, blocks: readonly string[], now: number): boolean {
    const grant = this.#grants.get(id);
    if (grant === undefined || this.over(id) !== undefined || now > grant.expires) return false;
    const counted = [...blocks, ...grant.by.flatMap((by) => by.counted.map(({ block }) => block))];
    return (
      [id, ...grant.by.map((by) => by.grant)].every((one) => this.#hasUse(one)) &&
      counted.every((block) => (this.#blocks.get(block) ?? 0) < (this.#mostOf(block) ?? 0)) &&
      !blocks.some((block) => this.#revokedBlocks.has(block))
    );
  }

  #hasUse(id: string): boolean {
    const grant = this.#grants.get(id);
    return grant !== undefined && grant.used < grant.uses;
  }

  /** Why nothing may come of this grant any more; undefined where something may. */
  over(id: string): string | undefined {
    const grant = this.#grants.get(id);
    if (grant === undefined) return 'unknown';
    const { by, revoked } = grant;
    const fell = ({ grant: above, blocks }: By) =>
      this.#grants.get(above)?.revoked !== false ||
      blocks.some((block) => this.#revokedBlocks.has(block));
    if (revoked || by.some(fell)) return 'revoked';
    return by.some(({ session }) => this.#held.has(session))
      ? 'of a delegator that is held'
      : undefined;
  }

  take(record: JournalRecord): void {
    const { kind, event } = record as { kind: string; event?: string };
    if (kind === 'decision') this.#decided(record);
    else if (kind === 'outcome') this.#came(record);
    else if (kind === 'approval') this.#answered(record);
    else if (event === 'session.closed') this.#closed.add(record.session as string);
    else if (event === 'session.quarantined') {
      if ((record.level as string) !== 'none') this.#held.add(record.session as string);
    } else if (event === 'session.released') this.#held.delete(record.session as string);
    else if (event === 'grant.revoked') this.#revoked(record);
    else if (event === 'handle.expanded') this.#paged(record);
    else if (event === 'permit.redeemed') this.#redeemed(record);
  }

  #no(record: JournalRecord, why: string | undefined | false): void {
    if (why) this.wrong.push(`${record.seq} ${record.action ?? record.event}: ${why}`);
  }

  #decided(record: JournalRecord): void {
    const { effect, execution, id, tenant, session } = record as unknown as Record<string, string>;
    const issued = record.issued as unknown as (Granted & { readonly id: string }) | undefined;
    if (record.held !== undefined)
      this.#asked.set(id as string, {
        tenant: tenant as string,
        principal: record.principal as string,
        params: record.params,
        session,
        state: 'open',
      });
    if (effect !== 'permit') return;
    if (issued !== undefined) {
      this.#issued(record, issued);
      return;
    }
    if (execution === 'none' || (record.action as string).startsWith('portcullis.')) return;
    this.#no(record, this.#closed.has(session as string) && 'in a session that is closed');
    this.#no(record, this.#held.has(session as string) && 'in a session that is held');
    const grant = record.grant as unknown as { id: string; counted?: string[] } | undefined;
    this.#running.set(id as string, grant?.id);
    if (grant !== undefined) this.#uses(record, grant);
    const approval = record.approval as unknown as { id: string } | undefined;
    if (approval !== undefined) this.#resumes(record, approval.id);
    else
      this.#no(
        record,
        String((record.resource as Members).value).startsWith('asked') && 'asked of nobody',
      );
  }

  #issued(record: JournalRecord, issued: Granted & { readonly id: string }): void {
    const [above] = issued.by;
    if (above !== undefined) {
      this.#no(record, this.over(above.grant));
      const parent = this.#grants.get(above.grant);
      this.#no(record, parent?.tenant !== record.tenant && 'cut from a grant of another tenant');
      this.#no(record, parent?.principal !== record.principal && 'cut from a grant of another');
      this.#no(
        record,
        issued.expires > (parent?.expires ?? 0) && 'longer than what it is cut from',
      );
      this.#no(record, issued.uses > (parent?.uses ?? 0) && 'more uses than what it is cut from');
    }
    const { tenant } = record;
    this.#grants.set(issued.id, { ...issued, tenant, used: 0, revoked: false });
  }

  #uses(record: JournalRecord, { id, counted = [] }: { id: string; counted?: string[] }): void {
    const grant = this.#grants.get(id);
    this.#no(record, this.over(id));
    if (grant === undefined) return;
    this.#no(record, grant.tenant !== record.tenant && 'of another tenant');
    this.#no(record, grant.principal !== record.principal && 'of another principal');
    this.#no(record, Date.parse(record.ts) > grant.expires && 'expired');
    for (const one of [id, ...grant.by.map((by) => by.grant)]) {
      const above = this.#grants.get(one);
      if (above === undefined) continue;
      above.used += 1;
      this.#no(record, above.used > above.uses && `use ${above.used} of ${above.uses}`);
    }
    const blocks = [...counted, ...grant.by.flatMap((by) => by.counted.map(({ block }) => block))];
    for (const block of blocks) {
      const used = (this.#blocks.get(block) ?? 0) + 1;
      this.#blocks.set(block, used);
      const most = this.#mostOf(block);
      this.#no(
        record,
        (most === undefined || used > most) && `use ${used} of a block with ${most}`,
      );
    }
    const { block } = record.grant as unknown as { block?: string };
    this.#no(record, block !== undefined && this.#revokedBlocks.has(block) && 'a block is revoked');
  }

  #resumes(record: JournalRecord, id: string): void {
    const asked = this.#asked.get(id);
    this.#no(record, asked?.state !== 'approved' && `takes up what is ${asked?.state}`);
    if (asked === undefined) return;
    this.#no(record, asked.tenant !== record.tenant && 'approved in another tenant');
    this.#no(record, asked.principal !== record.principal && 'approved for another');
    this.#no(record, asked.params !== record.params && 'approved for another action');
    this.#no(record, asked.session !== record.session && 'approved in another session');
    asked.state = 'used';
  }

  #answered(record: JournalRecord): void {
    const asked = this.#asked.get(record.id as string);
    if (asked === undefined) return;
    const approves = record.event === 'answered' && record.decision === 'approve';
    this.#no(record, approves && asked.state !== 'open' && `approves what is ${asked.state}`);
    this.#no(record, approves && record.by !== 'carol' && `approved by ${String(record.by)}`);
    if (asked.state !== 'used') asked.state = approves ? 'approved' : 'over';
  }

  #revoked(record: JournalRecord): void {
    const { grant: id, principal, block } = record.target as unknown as Record<string, string>;
    if (block !== undefined) this.#revokedBlocks.add(block);
    for (const [name, grant] of this.#grants)
      if (grant.tenant === record.tenant && (name === id || grant.principal === principal))
        grant.revoked = true;
  }

  #came(record: JournalRecord): void {
    const id = record.id as string;
    if ((record.action as string).startsWith('portcullis.')) return;
    this.#no(record, !this.#running.has(id) && 'an outcome of nothing');
    const grant = this.#running.get(id);
    this.#running.delete(id);
    const handle = record.handle as unknown as { key: string; rows?: number } | undefined;
    if (handle === undefined) return;
    this.#no(record, grant !== undefined && this.over(grant) && 'a handle of what is over');
    if (handle.rows !== undefined) this.#rows.set(handle.key, handle.rows);
  }

  #paged(record: JournalRecord): void {
    const left = this.#rows.get(record.handle as string);
    if (left === undefined) return;
    this.#rows.set(record.handle as string, left - (record.rows as number));
    this.#no(record, left < (record.rows as number) && 'more rows than there are');
  }

  #redeemed(record: JournalRecord): void {
    const id = record.id as string;
    this.#no(record, !this.#running.has(id) && 'redeems what is over');
    const grant = this.#running.get(id);
    this.#no(record, grant !== undefined && this.over(grant));
  }
}
