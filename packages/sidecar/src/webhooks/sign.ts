/**
 * Signs a request as RFC 9421 (HTTP Message Signatures) has it, with a Content-Digest of RFC 9530: the method, the whole target, the delivery's id, the
 * media type and the digest of the body are covered. What a receiver checks is in docs/webhooks.md.
 */
import { createHmac, hash, type KeyObject, sign } from 'node:crypto';

/** What a signature says it is for: one made for something else is none of a webhook. */
const TAG = 'portcullis-webhook';
const LABEL = 'portcullis';
const COVERED = ['@method', '@target-uri', 'content-type', 'content-digest', 'webhook-id'] as const;

export type WebhookKey =
  | { readonly id: string; readonly algorithm: 'ed25519'; readonly privateKey: KeyObject }
  | { readonly id: string; readonly algorithm: 'hmac-sha256'; readonly secret: Uint8Array };

export interface Unsigned {
  readonly url: URL;
  /** Unique to what is delivered; the same at each attempt. */
  readonly id: string;
  readonly body: Uint8Array;
}

/** The headers of a POST of this body. `now` in milliseconds since the epoch. */
export function signedHeaders(
  { url, id, body }: Unsigned,
  key: WebhookKey,
  now: number,
): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {
    'content-type': 'application/json',
    'content-digest': contentDigest(body),
    'webhook-id': id,
  };
  const params = signatureParams(key, Math.floor(now / 1000));
  const lines = COVERED.map((name) => `"${name}": ${componentOf(name, url, fields)}`);
  const base = [...lines, `"@signature-params": ${params}`].join('\n');
  return {
    ...fields,
    'signature-input': `${LABEL}=${params}`,
    signature: `${LABEL}=:${signBase(base, key).toString('base64')}:`,
  };
}

/** RFC 9530, section 2. */
const contentDigest = (body: Uint8Array): string => `sha-256=:${hash('sha256', body, 'base64')}:`;

/** RFC 9421, section 2.2: the target without a fragment, for none is sent. */
function componentOf(name: string, url: URL, fields: Readonly<Record<string, string>>): string {
  if (name === '@method') return 'POST';
  if (name === '@target-uri') return `${url.origin}${url.pathname}${url.search}`;
  return fields[name] as string;
}

/** RFC 9421, section 2.3. Key ids are ours: visible ASCII without quotes or backslashes. */
const signatureParams = ({ id, algorithm }: WebhookKey, created: number): string =>
  `(${COVERED.map((name) => `"${name}"`).join(' ')});created=${created};keyid="${id}";alg="${algorithm}";tag="${TAG}"`;

function signBase(base: string, key: WebhookKey): Buffer {
  return key.algorithm === 'ed25519'
    ? sign(null, Buffer.from(base), key.privateKey)
    : createHmac('sha256', key.secret).update(base).digest();
}
