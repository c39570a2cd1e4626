/**
 * The digest that ties a decision, an approval and a permit to one action: SHA-256 over
 * `portcullis/action/v1\0` and the RFC 8785 text of {tenant, principal, on_behalf_of, name, resource {kind, value}, params, definition?}.
 * `on_behalf_of` is null where there is nobody behind the principal; `definition` is left out where none is pinned.
 */
import { hash } from 'node:crypto';
import type { Resource } from '@portcullis/wire';

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
  const { definition, onBehalfOf, resource } = input;
  const pinned = definition === undefined ? '' : `"definition":${quote(definition)},`;
  const behind = onBehalfOf === undefined ? 'null' : quote(onBehalfOf);
  return `{${pinned}"name":${quote(input.name)},"on_behalf_of":${behind},"params":${input.paramsText},"principal":${quote(input.principal)},"resource":{"kind":${quote(resource.kind)},"value":${quote(resource.value)}},"tenant":${quote(input.tenant)}}`;
}

const PLAIN = /^[\w./: -]*$/;
const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));
