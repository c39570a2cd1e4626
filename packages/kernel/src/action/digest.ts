/**
 * The digest that ties a decision, an approval and a permit to one action: SHA-256 over
 * `portcullis/action/v1\0` and the RFC 8785 text of {tenant, principal, on_behalf_of, name, resource {kind, value}, params, definition?}.
 * `on_behalf_of` is null where there is nobody behind the principal; `definition` is left out where none is pinned.
 */
import { hash } from 'node:crypto';
import type { Resource } from '@portcullis/wire';
import { flat } from './flat.ts';
import { Memo } from './memo.ts';
import { quote } from './quote.ts';

export interface DigestInput {
  readonly tenant: string;
  readonly principal: string;
  readonly onBehalfOf: string | undefined;
  readonly name: string;
  readonly resource: Resource;
  /** RFC 8785 text of the params. */
  readonly paramsText: string;
  readonly definition?: string | undefined;
}

const DOMAIN = 'portcullis/action/v1\0';

/** Characters of a text whose digest is kept. */
const LONGEST = 1_024;

/** Lower-case hex. Who grants or asks again for the very same is told from memory. */
export function actionDigest(input: DigestInput): string {
  const head = headOf(input);
  const { last } = head;
  if (last !== undefined && isSame(last, input)) return last.digest;
  const text = textBehind(head, input);
  const digest = hash('sha256', DOMAIN + text);
  if (text.length <= LONGEST) head.last = lastOf(input, digest);
  return digest;
}

/** Of the same name, definition and user behind. */
const isSame = (one: Last, { paramsText, principal, resource, tenant }: DigestInput): boolean =>
  one.paramsText === paramsText &&
  one.principal === principal &&
  one.value === resource.value &&
  one.kind === resource.kind &&
  one.tenant === tenant;

const lastOf = ({ paramsText, principal, resource, tenant }: DigestInput, digest: string): Last => {
  const { kind, value } = resource;
  return { paramsText, principal, kind, value, tenant, digest };
};

export const actionText = (input: DigestInput): string => textBehind(headOf(input), input);

/** Written out by hand, names in JCS order: the params are already text and are not walked again. */
function textBehind(head: Head, input: DigestInput): string {
  const { paramsText, principal, resource, tenant } = input;
  const by = part(principals, ',"principal":', principal, ',"resource":{"kind":');
  const kind = part(kinds, '', resource.kind, ',"value":');
  const within = part(tenants, '},"tenant":', tenant, '}');
  return `${head.text}${paramsText}${by}${kind}${quote(resource.value)}${within}`;
}

/** Of how many names, principals, kinds and tenants the text is kept. */
const KEPT = 256;

/** What was digested last, text by text: whoever asked may change what it asked with. */
interface Last {
  readonly paramsText: string;
  readonly principal: string;
  readonly kind: string;
  readonly value: string;
  readonly tenant: string;
  readonly digest: string;
}

interface Head {
  readonly definition: string | undefined;
  readonly onBehalfOf: string | undefined;
  readonly text: string;
  last: Last | undefined;
}

const heads = new Memo<Head>(KEPT);
const principals = new Memo<string>(KEPT);
const kinds = new Memo<string>(KEPT);
const tenants = new Memo<string>(KEPT);

const part = (known: Memo<string>, before: string, text: string, after: string): string =>
  known.get(text) ?? known.set(text, flat(`${before}${quote(text)}${after}`));

/** Up to the params. */
function headOf({ definition, name, onBehalfOf }: DigestInput): Head {
  const known = heads.get(name);
  if (known !== undefined && known.definition === definition && known.onBehalfOf === onBehalfOf)
    return known;
  const pinned = definition === undefined ? '' : `"definition":${quote(definition)},`;
  const behind = onBehalfOf === undefined ? 'null' : quote(onBehalfOf);
  const text = flat(`{${pinned}"name":${quote(name)},"on_behalf_of":${behind},"params":`);
  return heads.set(name, { definition, onBehalfOf, text, last: undefined });
}
