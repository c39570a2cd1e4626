/** A grant as the kernel knows it: everything but the token, which it does not keep. */
import type { Caveats, GrantView, JsonObject, Principal } from '@portcullis/wire';
import { flat } from '../../action/flat.ts';
import { Memo } from '../../action/memo.ts';
import { quote } from '../../action/quote.ts';

/** What was granted, as its decision's record says it. */
export interface GrantTerms {
  readonly id: string;
  readonly tenant: string;
  readonly principal: string;
  /** The user behind it; what is delegated from it is for the same one. */
  readonly onBehalfOf?: string;
  /** Id of the capability, and the digest of its definition. */
  readonly capability: string;
  readonly definition: string;
  /** All of them have to hold: its own, then those that it was delegated with. */
  readonly caveats: readonly Caveats[];
  /** Milliseconds since the epoch. */
  readonly issued: number;
  readonly expires: number;
  readonly uses: number;
  readonly justification?: string;
  /** Who delegated it, nearest first, as they were then; empty for one that policy granted directly. */
  readonly by: readonly Delegator[];
}

export interface Delegator {
  readonly principal: Principal;
  /** Where it was delegated: what stops that session stops what came out of it. */
  readonly session: string;
  /** The grant that was cut from, and the blocks of the token that was shown for it. */
  readonly grant: string;
  readonly blocks: readonly string[];
  /** Those of them that have a number of uses of their own: what is delegated draws on it. */
  readonly counted: readonly BlockCount[];
}

export interface BlockCount {
  readonly block: string;
  readonly max: number;
}

/** Delegations behind a grant. */
export const MOST_DELEGATIONS = 8;

/** Seconds since 2020, so that they are few bits for long. */
const EPOCH = 1_577_836_800;
export const secondOf = (at: number): number => Math.floor(at / 1_000) - EPOCH;

/** Terms, and what became of them. */
export class LiveGrant {
  readonly terms: GrantTerms;
  /** Of this one and of all that was delegated from it. */
  used = 0;
  revoked = false;
  /** Grants that it counts as: each full kibibyte of caveats is one more. */
  readonly size: number;
  /** In which it expires: a small number that lies in here, for who looks at many that nobody looked at for long. */
  readonly lastSecond: number;
  /** Uses of blocks that have a number of their own, by block id. */
  blocks: Map<string, number> | undefined = undefined;

  constructor(terms: GrantTerms) {
    this.terms = terms;
    this.lastSecond = secondOf(terms.expires);
    const { caveats } = terms;
    this.size = caveats.length === 0 ? 1 : 1 + (JSON.stringify(caveats).length >> 10);
  }
}

export function viewOf({ terms, used, revoked }: LiveGrant): GrantView {
  const parent = terms.by[0]?.grant;
  return {
    id: terms.id,
    capability: terms.capability,
    principal: terms.principal,
    caveats: terms.caveats,
    issued: terms.issued,
    expires: terms.expires,
    uses: terms.uses,
    used,
    ...(parent === undefined ? {} : { parent }),
    ...(terms.justification === undefined ? {} : { justification: terms.justification }),
    revoked,
  };
}

/** As a record holds it, in JSON: tenant, time and justification are the record's own. */
export function recordText(terms: GrantTerms): string {
  const { id, principal, capability, definition, caveats, expires, uses, by, onBehalfOf } = terms;
  const behind = onBehalfOf === undefined ? '' : `,"on_behalf_of":${quote(onBehalfOf)}`;
  return `{"id":${quote(id)},"principal":${quote(principal)}${whatOf(capability, definition)}${listed(caveats)},"expires":${expires},"uses":${uses},"by":${listed(by)}${behind}}`;
}

/** Of how many capabilities the same text is kept from record to record. */
const KEPT = 256;
const byCapability = new Memo<{ readonly definition: string; readonly text: string }>(KEPT);

/** From the end of the principal to the caveats. */
function whatOf(capability: string, definition: string): string {
  const known = byCapability.get(capability);
  if (known?.definition === definition) return known.text;
  const of = `,"capability":${quote(capability)},"definition":${quote(definition)},"caveats":`;
  return byCapability.set(capability, { definition, text: flat(of) }).text;
}

const listed = (list: readonly unknown[]): string =>
  list.length === 0 ? '[]' : JSON.stringify(list);

export function termsOf(
  recorded: JsonObject,
  own: Pick<GrantTerms, 'tenant' | 'issued'> & { readonly justification: string | undefined },
): GrantTerms {
  const { on_behalf_of: onBehalfOf, ...members } = recorded;
  const { justification, ...rest } = own;
  return Object.freeze({
    ...(members as unknown as GrantTerms),
    ...rest,
    ...(onBehalfOf === undefined ? {} : { onBehalfOf: onBehalfOf as string }),
    ...(justification === undefined ? {} : { justification }),
  });
}
