/**
 * Live grants as a snapshot holds them, version 2: there may be a hundred thousand, and records wait while they are written. What many share stands once, and
 * a grant is a row of what is its own, with whatever few have at its end. Version 1, which held each as it is, is read too.
 */
import type { Caveats } from '@portcullis/wire';
import { type Delegator, type GrantTerms, LiveGrant } from './grant.ts';

type Of = readonly [tenant: string, principal: string, capability: string, definition: string];

type Row = readonly [
  id: string,
  /** Place in `of`. */
  of: number,
  issued: number,
  expires: number,
  uses: number,
  used: number,
  more?: More,
];

interface More {
  readonly revoked?: true;
  readonly caveats?: readonly Caveats[];
  readonly by?: readonly Delegator[];
  readonly onBehalfOf?: string;
  readonly justification?: string;
  readonly blocks?: readonly [string, number][];
}

export interface SavedGrants {
  readonly v: 2;
  readonly of: readonly Of[];
  readonly grants: readonly Row[];
}

interface Version1 {
  readonly v: 1;
  readonly grants: readonly {
    readonly terms: GrantTerms;
    readonly used: number;
    readonly revoked: boolean;
    readonly blocks: readonly [string, number][];
  }[];
}

export function saveGrants(live: Iterable<LiveGrant>): SavedGrants {
  const of: Of[] = [];
  const places = new Map<string, number>();
  const grants: Row[] = [];
  let place = -1;
  for (const grant of live) {
    const { terms, used } = grant;
    // Most stand beside one that shares all of it.
    if (!isOf(of[place], terms)) place = placeOf(terms, of, places);
    const { id, issued, expires, uses } = terms;
    const more = moreOf(grant);
    grants.push(
      more === undefined
        ? [id, place, issued, expires, uses, used]
        : [id, place, issued, expires, uses, used, more],
    );
  }
  return { v: 2, of, grants };
}

export function* loadGrants(saved: SavedGrants | Version1): Generator<LiveGrant> {
  if (saved.v === 1) {
    for (const { terms, used, revoked, blocks } of saved.grants)
      yield restored(terms, used, revoked, blocks);
    return;
  }
  for (const [id, place, issued, expires, uses, used, more = {}] of saved.grants) {
    const [tenant, principal, capability, definition] = saved.of[place] as Of;
    const { revoked = false, caveats = [], by = [], blocks = [], ...rest } = more;
    const own = { id, tenant, principal, capability, definition, caveats, issued, expires, uses };
    yield restored({ ...own, ...rest, by }, used, revoked, blocks);
  }
}

function restored(
  terms: GrantTerms,
  used: number,
  revoked: boolean,
  blocks: readonly [string, number][],
): LiveGrant {
  const grant = new LiveGrant(Object.freeze(terms));
  grant.used = used;
  grant.revoked = revoked;
  if (blocks.length > 0) grant.blocks = new Map(blocks);
  return grant;
}

function placeOf(terms: GrantTerms, of: Of[], places: Map<string, number>): number {
  const { tenant, principal, capability, definition } = terms;
  const one: Of = [tenant, principal, capability, definition];
  const name = JSON.stringify(one);
  const known = places.get(name);
  if (known !== undefined) return known;
  places.set(name, of.length);
  return of.push(one) - 1;
}

const isOf = (of: Of | undefined, terms: GrantTerms): boolean =>
  of !== undefined &&
  of[0] === terms.tenant &&
  of[1] === terms.principal &&
  of[2] === terms.capability &&
  of[3] === terms.definition;

function moreOf({ terms, revoked, blocks }: LiveGrant): More | undefined {
  const { caveats, by, onBehalfOf, justification } = terms;
  const counted = blocks !== undefined && blocks.size > 0;
  const plain = caveats.length === 0 && by.length === 0 && onBehalfOf === undefined;
  if (plain && justification === undefined && !revoked && !counted) return undefined;
  return {
    ...(revoked ? { revoked } : {}),
    ...(caveats.length === 0 ? {} : { caveats }),
    ...(by.length === 0 ? {} : { by }),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    ...(justification === undefined ? {} : { justification }),
    ...(counted ? { blocks: [...blocks] } : {}),
  };
}
