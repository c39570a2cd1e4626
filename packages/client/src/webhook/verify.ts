/**
 * Verifies webhooks of a sidecar: HTTP Message Signatures (RFC 9421) with ed25519 or hmac-sha256, over a Content-Digest (RFC 9530). Web Crypto alone. What
 * is not covered, not fresh or not ours is an answer, never an exception.
 */
import type { JsonObject } from '@portcullis/wire';
import { fieldOf, type HeaderSource, signatureBase } from './base.ts';
import { type InnerList, type Member, parseDictionary } from './fields.ts';

/** A key that is trusted, by the id that signatures name it by. */
export type WebhookKey =
  | { readonly id: string; readonly secret: string | Uint8Array }
  /** 32 bytes, base64url: member `x` of the sidecar's /.well-known/jwks.json. */
  | { readonly id: string; readonly publicKey: string };

export interface WebhookRequest {
  readonly method: string;
  /** As the sidecar addressed it: the configured one. */
  readonly url: string;
  readonly headers: HeaderSource;
  /** As it came, byte for byte. */
  readonly body: Uint8Array | string;
}

export interface WebhookChecks {
  readonly keys: readonly WebhookKey[];
  /** Seconds between the signature and now, either way. Default 300. */
  readonly tolerance?: number;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: number;
}

/** What a webhook tells; see docs/webhooks.md. Receivers keep ids for as long as the tolerance and drop what they had. */
export interface WebhookEvent {
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly tenant: string;
  readonly record: { readonly seq: number; readonly hash: string };
  readonly data: JsonObject;
}

export type WebhookVerdict =
  | { readonly ok: true; readonly event: WebhookEvent }
  | {
      readonly ok: false;
      readonly code:
        | 'no_signature'
        | 'malformed'
        | 'unknown_key'
        | 'not_covered'
        | 'stale'
        | 'digest_mismatch'
        | 'bad_signature';
      readonly message: string;
    };

const TAG = 'portcullis-webhook';
const REQUIRED = ['@method', '@target-uri', 'content-type', 'content-digest', 'webhook-id'];
const MOST_SIGNATURES = 8;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

type Bytes = Uint8Array<ArrayBuffer>;

const no = (code: Extract<WebhookVerdict, { ok: false }>['code'], message: string) =>
  ({ ok: false, code, message }) as const;

export async function verifyWebhook(
  request: WebhookRequest,
  checks: WebhookChecks,
): Promise<WebhookVerdict> {
  const signed = signatureOf(request.headers);
  if ('ok' in signed) return signed;
  const { input, signature } = signed;
  const covered = input.items.filter(({ params }) => params.size === 0).map(({ value }) => value);
  const lacking = REQUIRED.filter((name) => !covered.includes(name));
  if (lacking.length > 0)
    return no('not_covered', `the signature leaves out ${lacking.join(', ')}`);
  const stale = staleness(input, checks);
  if (stale !== undefined) return no('stale', stale);
  const keyId = input.params.get('keyid');
  const key = checks.keys.find(({ id }) => id === keyId);
  if (key === undefined) return no('unknown_key', 'the key is not among those trusted');
  const algorithm = input.params.get('alg');
  if (algorithm !== undefined && algorithm !== algorithmOf(key))
    return no('unknown_key', 'the key is of another algorithm');

  const body = bytesOf(request.body);
  if (!(await digestFits(request.headers, body)))
    return no('digest_mismatch', 'the body is not what was digested');
  const base = URL.canParse(request.url) ? signatureBase(request, input) : undefined;
  if (base === undefined) return no('not_covered', 'something covered is not there');
  if (!(await verifySignature(key, base, signature)))
    return no('bad_signature', 'the signature is not of this request');
  return read(body, fieldOf(request.headers, 'webhook-id'));
}

/** The one signature that says it is of a webhook. */
function signatureOf(
  headers: HeaderSource,
):
  | { readonly input: InnerList; readonly signature: Bytes }
  | Extract<WebhookVerdict, { ok: false }> {
  const inputText = fieldOf(headers, 'signature-input');
  const signatureText = fieldOf(headers, 'signature');
  if (inputText === undefined || signatureText === undefined)
    return no('no_signature', 'there is no signature');
  const inputs = parseDictionary(inputText);
  const signatures = parseDictionary(signatureText);
  if (inputs === undefined || signatures === undefined || inputs.size > MOST_SIGNATURES)
    return no('malformed', 'Signature-Input and Signature are dictionaries');
  const ours = [...inputs].filter(
    (entry): entry is [string, InnerList] => isList(entry[1]) && entry[1].params.get('tag') === TAG,
  );
  const [only] = ours;
  if (only === undefined) return no('no_signature', 'no signature is of a webhook');
  if (ours.length > 1) return no('malformed', 'two signatures say they are of a webhook');
  const member = signatures.get(only[0]);
  const signature = member === undefined || isList(member) ? undefined : member.value;
  return signature instanceof Uint8Array
    ? { input: only[1], signature }
    : no('malformed', 'a signature is a byte sequence');
}

const isList = (member: Member): member is InnerList => 'items' in member;

function staleness(input: InnerList, checks: WebhookChecks): string | undefined {
  const created = input.params.get('created');
  const expires = input.params.get('expires');
  const now = (checks.now ?? Date.now()) / 1000;
  if (typeof created !== 'number') return 'the signature does not say when it was made';
  // A tolerance or a time that is no number lets nothing pass.
  if (!(Math.abs(now - created) <= (checks.tolerance ?? 300)))
    return 'it was signed too long ago, or later';
  if (expires !== undefined && !(typeof expires === 'number' && now < expires))
    return 'the signature has expired';
  return undefined;
}

const algorithmOf = (key: WebhookKey): string => ('secret' in key ? 'hmac-sha256' : 'ed25519');

/** Whether a digest that is understood is there, and every one that is fits. */
async function digestFits(headers: HeaderSource, body: Bytes): Promise<boolean> {
  const digests = parseDictionary(fieldOf(headers, 'content-digest') ?? '');
  let known = 0;
  for (const [name, member] of digests ?? []) {
    const algorithm = { 'sha-256': 'SHA-256', 'sha-512': 'SHA-512' }[name];
    if (algorithm === undefined) continue;
    known += 1;
    const made = new Uint8Array(await crypto.subtle.digest(algorithm, body));
    const said = isList(member) ? undefined : member.value;
    if (!(said instanceof Uint8Array) || !sameBytes(said, made)) return false;
  }
  return known > 0;
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** Whether this key signed this text. */
export async function verifySignature(
  key: WebhookKey,
  base: string,
  signature: Bytes,
): Promise<boolean> {
  const text = encoder.encode(base);
  try {
    if ('secret' in key) {
      const algorithm = { name: 'HMAC', hash: 'SHA-256' };
      const secret = bytesOf(key.secret);
      const imported = await crypto.subtle.importKey('raw', secret, algorithm, false, ['verify']);
      return await crypto.subtle.verify('HMAC', imported, signature, text);
    }
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.publicKey };
    const imported = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', imported, signature, text);
  } catch {
    return false;
  }
}

const bytesOf = (value: Uint8Array | string): Bytes =>
  typeof value === 'string' ? encoder.encode(value) : new Uint8Array(value);

function read(body: Bytes, id: string | undefined): WebhookVerdict {
  try {
    const event = JSON.parse(decoder.decode(body)) as WebhookEvent;
    const whole = typeof event === 'object' && event !== null && typeof event.type === 'string';
    if (whole && event.id === id) return { ok: true, event };
  } catch {
    // Told below.
  }
  return no('malformed', 'the body is no event of this id');
}
