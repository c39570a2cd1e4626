/**
 * The digest that ties a decision, an approval and a permit to one action: SHA-256 over
 * `portcullis/action/v1\0` and the RFC 8785 text of {tenant, principal, on_behalf_of, name, resource {kind, value}, params, definition?}.
 * `on_behalf_of` is null where there is nobody behind the principal; `definition` is left out where none is pinned.
 */
import { hash } from 'node:crypto';
import type { Resource } from '@portcullis/wire';
import { flat } from './flat.ts';
import { Memo } from './memo.ts';

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

/** Lower-case hex. */
export const actionDigest = (input: DigestInput): string =>
  hash('sha256', DOMAIN + actionText(input));

/** Written out by hand, names in JCS order: the params are already text and are not walked again. */
export function actionText(input: DigestInput): string {
  const { paramsText, principal, resource, tenant } = input;
  const by = part(principals, ',"principal":', principal, ',"resource":{"kind":');
  const kind = part(kinds, '', resource.kind, ',"value":');
  const within = part(tenants, '},"tenant":', tenant, '}');
  return `${headOf(input)}${paramsText}${by}${kind}${quote(resource.value)}${within}`;
}

/** Of how many names, principals, kinds and tenants the text is kept. */
const KEPT = 256;

interface Head {
  readonly definition: string | undefined;
  readonly onBehalfOf: string | undefined;
  readonly text: string;
}

const heads = new Memo<Head>(KEPT);
const principals = new Memo<string>(KEPT);
const kinds = new Memo<string>(KEPT);
const tenants = new Memo<string>(KEPT);

const part = (known: Memo<string>, before: string, text: string, after: string): string =>
  known.get(text) ?? known.set(text, flat(`${before}${quote(text)}${after}`));

/** Up to the params. */
function headOf({ definition, name, onBehalfOf }: DigestInput): string {
  const known = heads.get(name);
  if (known !== undefined && known.definition === definition && known.onBehalfOf === onBehalfOf)
    return known.text;
  const pinned = definition === undefined ? '' : `"definition":${quote(definition)},`;
  const behind = onBehalfOf === undefined ? 'null' : quote(onBehalfOf);
  const text = flat(`{${pinned}"name":${quote(name)},"on_behalf_of":${behind},"params":`);
  return heads.set(name, { definition, onBehalfOf, text }).text;
}

const PLAIN = /^[\w./: -]*$/;
const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));
