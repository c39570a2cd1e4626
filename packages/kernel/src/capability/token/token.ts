/**
 * Grant tokens: issued by who holds a root key, narrowed by anybody, verified by who knows the key's name. Verifying says that the chain is
 * whole and who signed what; time, revocation, uses and what it covers are asked elsewhere.
 */
import { hash } from 'node:crypto';
import { canonicalize } from '../../action/canonical.ts';
import { flat } from '../../action/flat.ts';
import { Memo } from '../../action/memo.ts';
import { quote as plain } from '../../action/quote.ts';
import { Generations } from '../generations.ts';
import { type CaveatsRead, readCaveats } from './caveats.ts';
import { begin, extend, lastBlockId, type RootKey, seal, verifyChain } from './chain.ts';
import { type EphemeralKey, newEphemeralKey } from './ephemeral-key.ts';
import { decodeToken, encodeToken, type RawToken } from './format.ts';
import { singleToken } from './single.ts';
import type { Caveats, GrantClaims, TokenFault, VerifiedToken } from './types.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LIMITS = Object.freeze({ bytes: 8_192, depth: 10, keys: 600, string: 4_096, key: 1_024 });

export interface Issued {
  readonly token: string;
  /** undefined where it is a `SingleBlock` of what was asked for. */
  readonly verified: VerifiedToken | undefined;
}

/** JSON text of names: nearly every grant says the same ones. */
const quotes = new Generations<string, string>(512);

function quote(name: string): string {
  const known = quotes.get(name);
  if (known !== undefined) return known;
  const text = JSON.stringify(name);
  quotes.set(name, text);
  return text;
}

/** Of one capability: up to the caveats, and from there to when it expires. */
interface About {
  readonly definition: string;
  readonly head: string;
  readonly behind: string;
}

const KEPT = 256;
const byCapability = new Memo<About>(KEPT);
const byKey = new Memo<{ readonly issuer: string; readonly text: string }>(KEPT);

function aboutOf({ capability, definition }: Said): About {
  const known = byCapability.get(capability);
  if (known?.definition === definition) return known;
  return byCapability.set(capability, {
    definition,
    head: flat(`{"capability":${JSON.stringify(capability)},"caveats":`),
    behind: flat(`,"definition":${JSON.stringify(definition)},"expires":`),
  });
}

/** Who issues it, with which key: the same for all that one kernel makes. */
function issuerOf({ issuer, key }: Said): string {
  const known = byKey.get(key);
  if (known?.issuer === issuer) return known.text;
  const text = flat(`,"issuer":${JSON.stringify(issuer)},"key":${JSON.stringify(key)},`);
  return byKey.set(key, { issuer, text }).text;
}

/** What is signed besides its caveats. */
export type Said = Omit<GrantClaims, 'caveats'>;

/** The first block's payload: RFC 8785 text, written by hand since its shape is fixed. */
function claimsText(claims: Said, caveats: string): string {
  const behind =
    claims.on_behalf_of === undefined ? '' : `"on_behalf_of":${quote(claims.on_behalf_of)},`;
  const parent = claims.parent === undefined ? '' : `"parent":${JSON.stringify(claims.parent)},`;
  const about = aboutOf(claims);
  return `${about.head}${caveats}${about.behind}${claims.expires},"grant":${plain(claims.grant)},"issued":${claims.issued}${issuerOf(claims)}${behind}${parent}"principal":${quote(claims.principal)},"tenant":${quote(claims.tenant)},"uses":${claims.uses}}`;
}

/** `inherited` become blocks of their own. undefined where it makes no token of `MAX_TOKEN` characters and `MAX_BLOCKS` blocks. */
export function issueToken(
  claims: Said,
  caveats: CaveatsRead,
  root: RootKey,
  ephemeral: () => EphemeralKey = newEphemeralKey,
  inherited: readonly CaveatsRead[] = [],
): Issued | undefined {
  const payload = claimsText(claims, caveats.text);
  if (inherited.length === 0) {
    const token = singleToken(root, payload, ephemeral);
    return token === undefined ? undefined : { token, verified: undefined };
  }
  let raw = begin(root, Buffer.from(payload), ephemeral);
  const blocks = [lastBlockId(raw)];
  for (const { text } of inherited) {
    raw = extend(raw, blockPayload(text), ephemeral) as RawToken;
    blocks.push(lastBlockId(raw));
  }
  const token = encodeToken(raw);
  if (token === undefined) return undefined;
  const verified = Object.freeze({
    claims: whole(claims, caveats.caveats),
    caveats: Object.freeze([caveats.caveats, ...inherited.map((one) => one.caveats)]),
    blocks: Object.freeze(blocks),
    sealed: false,
  });
  return { token, verified };
}

const whole = (claims: Said, caveats: Caveats): GrantClaims =>
  Object.freeze({ ...claims, caveats });

/** Of one block, made here. Few are asked for their block's id: nothing is made before it is asked for. */
export class SingleBlock implements VerifiedToken {
  readonly sealed = false;
  readonly #token: string;
  readonly #said: Said;
  readonly caveats: readonly Caveats[];
  #claims: GrantClaims | undefined = undefined;

  constructor(token: string, said: Said, caveats: Caveats) {
    this.#token = token;
    this.#said = said;
    this.caveats = [caveats];
  }

  get claims(): GrantClaims {
    this.#claims ??= whole(this.#said, this.caveats[0] as Caveats);
    return this.#claims;
  }

  get blocks(): readonly string[] {
    return [lastBlockId(decodeToken(this.#token) as RawToken)];
  }
}

const blockPayload = (caveats: string): Buffer => Buffer.from(`{"caveats":${caveats}}`);

/**
 * Offline: adds a block of caveats to a token, needing nobody's leave. What comes out permits nothing that the token did not. A fault where the
 * token cannot be read, is sealed or would be too long, or the caveats are none; the signatures are not looked at.
 */
export function attenuate(
  token: string,
  caveats: Caveats,
  options: { readonly seal?: boolean } = {},
): { readonly token: string; readonly block: string } | TokenFault {
  const raw = decodeToken(token);
  if ('fault' in raw) return raw;
  const read = readCaveats(caveats);
  if (!read.ok) return { fault: read.message };
  const longer = extend(raw, blockPayload(read.text), newEphemeralKey);
  if (longer === undefined) return { fault: 'sealed' };
  const done = options.seal === true ? (seal(longer) as RawToken) : longer;
  const text = encodeToken(done);
  if (text === undefined) return { fault: 'too long' };
  return { token: text, block: lastBlockId(longer) };
}

/** The same token, to which nobody can add a block. */
export function sealToken(token: string): string | TokenFault {
  const raw = decodeToken(token);
  if ('fault' in raw) return raw;
  const sealed = seal(raw);
  return (sealed && encodeToken(sealed)) ?? { fault: 'sealed' };
}

/** `root` finds the key by its name: undefined for a name that is not known. Never throws. */
export function verifyToken(
  token: unknown,
  root: (key: string) => RootKey | undefined,
): VerifiedToken | TokenFault {
  const raw = decodeToken(token);
  if ('fault' in raw) return raw;
  const [first, ...others] = raw.blocks;
  const claims = first === undefined ? undefined : readClaims(first.payload);
  if (claims === undefined) return { fault: 'the first block holds no claims' };
  const key = root(claims.key);
  if (key === undefined) return { fault: 'signed with a key that is not known' };
  const blocks = verifyChain(raw, key);
  if (blocks === undefined) return { fault: 'a signature does not hold' };
  const caveats = [claims.caveats];
  for (const { payload } of others) {
    const added = readBlock(payload);
    if (added === undefined) return { fault: 'a block holds no caveats' };
    caveats.push(added);
  }
  return Object.freeze({
    claims,
    caveats: Object.freeze(caveats),
    blocks: Object.freeze(blocks),
    sealed: raw.sealed,
  });
}

/** The object that the bytes are the RFC 8785 text of. */
function readObject(payload: Buffer): Record<string, unknown> | undefined {
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(payload);
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = canonicalize(value, LIMITS);
  // Members twice, in another order, or numbers in another spelling give another text.
  if (!read.ok || read.text !== text) return undefined;
  const object = read.value;
  return typeof object === 'object' && object !== null && !Array.isArray(object)
    ? object
    : undefined;
}

const TEXTS = [
  'tenant',
  'grant',
  'principal',
  'capability',
  'definition',
  'issuer',
  'key',
] as const;
const NUMBERS = ['issued', 'expires', 'uses'] as const;
const OPTIONAL = ['on_behalf_of', 'parent'] as const;
const MEMBERS: ReadonlySet<string> = new Set([...TEXTS, ...NUMBERS, ...OPTIONAL, 'caveats']);

function readClaims(payload: Buffer): GrantClaims | undefined {
  const claims = readObject(payload);
  if (claims === undefined) return undefined;
  if (!TEXTS.every((name) => typeof claims[name] === 'string')) return undefined;
  if (!NUMBERS.every((name) => Number.isSafeInteger(claims[name]))) return undefined;
  if (!OPTIONAL.every((name) => ['string', 'undefined'].includes(typeof claims[name])))
    return undefined;
  if (!Object.keys(claims).every((name) => MEMBERS.has(name))) return undefined;
  const read = readCaveats(claims.caveats);
  return read.ok ? (claims as unknown as GrantClaims) : undefined;
}

function readBlock(payload: Buffer): Caveats | undefined {
  const block = readObject(payload);
  if (block === undefined || Object.keys(block).join() !== 'caveats') return undefined;
  const read = readCaveats(block.caveats);
  return read.ok ? read.caveats : undefined;
}

/** What a token is remembered by: nothing of it follows from this. */
export const tokenDigest = (token: string): string => hash('sha256', token, 'base64url');
