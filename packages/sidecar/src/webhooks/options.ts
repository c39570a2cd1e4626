/** What a webhook can be told: where it goes, what it tells, how it is signed, how long it is tried. */

import { WEBHOOK_EVENTS, type WebhookEventType } from './events.ts';
import { keyFromPem, type OwnKey, type PublicJwk, sharedSecret, signingWith } from './keys.ts';
import type { WebhookKey } from './sign.ts';

export interface WebhookOptions {
  /** https; http too with `private`. Nothing of it is shown in metrics or logs: it may hold a token. */
  readonly url: string;
  /** Names it in metrics, logs and its state: letters, digits and . _ -; default the URL's host. */
  readonly name?: string;
  /** Default: all. */
  readonly events?: readonly WebhookEventType[];
  /** Default `default`. */
  readonly tenant?: string;
  /** Signs with hmac-sha256; at least 32 bytes. */
  readonly secret?: string | Uint8Array;
  /** Signs with ed25519: a private key, PKCS#8 PEM. Without either, the sidecar's own key does. */
  readonly key?: string;
  /** Names the secret in signatures. Default: the webhook's name. */
  readonly keyId?: string;
  /** Tell of a held action what an approver is shown: resource, parameters and justification, secrets masked. Default false. */
  readonly details?: boolean;
  /** The host may have an address that is not public, and be reached without TLS. Default false. */
  readonly private?: boolean;
  /** PEM of certificate authorities to trust instead of the system's. */
  readonly ca?: string;
  readonly retry?: Partial<RetryTimes>;
}

export interface RetryTimes {
  /** Milliseconds that one attempt may take. Default 10,000. */
  readonly timeout: number;
  /** Milliseconds before the second attempt; twice as many before each further one, up to `most`. Default 1,000 and 300,000. */
  readonly first: number;
  readonly most: number;
  /** Attempts that the receiver answers, but not with a 2xx: after so many the event is dropped. Default 12. */
  readonly refusals: number;
  /** Milliseconds that an event is tried where nobody answers. Default 86,400,000. */
  readonly age: number;
  /** Events that wait; one more drops the oldest. Default 1,000. */
  readonly queue: number;
}

const TIMES: RetryTimes = Object.freeze({
  timeout: 10_000,
  first: 1_000,
  most: 300_000,
  refusals: 12,
  age: 86_400_000,
  queue: 1_000,
});

export interface Endpoint {
  readonly url: URL;
  readonly name: string;
  readonly events: ReadonlySet<WebhookEventType>;
  readonly tenant: string;
  readonly key: WebhookKey;
  /** The public half, where there is one. */
  readonly jwk: PublicJwk | undefined;
  readonly details: boolean;
  readonly private: boolean;
  readonly ca: string | undefined;
  readonly times: RetryTimes;
}

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const KEY_ID = /^[A-Za-z0-9._:@/-]{1,128}$/;

/** Throws an Error that names the webhook and says what is wrong with it. */
export function endpointsOf(all: readonly WebhookOptions[], own: () => OwnKey): Endpoint[] {
  const endpoints = all.map((options, index) => {
    try {
      return endpointOf(options, own);
    } catch (error) {
      throw new Error(`webhooks.${index}: ${(error as Error).message}`);
    }
  });
  const names = endpoints.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`webhooks: two are named ${twice}: give each a name`);
  return endpoints;
}

function endpointOf(options: WebhookOptions, own: () => OwnKey): Endpoint {
  const url = urlOf(options);
  const name = options.name ?? url.hostname.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 64);
  if (!NAME.test(name)) throw new Error('a name has 1 to 64 letters, digits and . _ -');
  const events = options.events ?? WEBHOOK_EVENTS;
  const unknown = events.find((event) => !WEBHOOK_EVENTS.includes(event));
  if (unknown !== undefined || events.length === 0)
    throw new Error(`events are some of ${WEBHOOK_EVENTS.join(', ')}`);
  return Object.freeze({
    url,
    name,
    events: new Set(events),
    tenant: options.tenant ?? 'default',
    ...keyOf(options, name, own),
    details: options.details ?? false,
    private: options.private ?? false,
    ca: options.ca,
    times: timesOf(options.retry),
  });
}

function urlOf({ url: text, private: isPrivate = false }: WebhookOptions): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fits = url?.protocol === 'https:' || (isPrivate && url?.protocol === 'http:');
  if (url === undefined || !fits)
    throw new Error(isPrivate ? 'url is an http or https URL' : 'url is an https URL');
  if (url.username !== '' || url.password !== '') throw new Error('url holds no user or password');
  url.hash = '';
  return url;
}

function keyOf(
  { secret, key, keyId }: WebhookOptions,
  name: string,
  own: () => OwnKey,
): { readonly key: WebhookKey; readonly jwk: PublicJwk | undefined } {
  if (keyId !== undefined && !KEY_ID.test(keyId))
    throw new Error('keyId has 1 to 128 letters, digits and . _ : @ / -');
  if (secret !== undefined && key !== undefined)
    throw new Error('secret and key exclude each other');
  if (secret !== undefined) return { key: sharedSecret(keyId ?? name, secret), jwk: undefined };
  const pair = key === undefined ? own() : keyFromPem(key);
  const jwk = keyId === undefined || key === undefined ? pair.jwk : { ...pair.jwk, kid: keyId };
  return { key: signingWith({ ...pair, jwk }), jwk };
}

function timesOf(said: Partial<RetryTimes> = {}): RetryTimes {
  const times = { ...TIMES, ...said };
  for (const [name, value] of Object.entries(times))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new Error(`retry.${name} is a whole number from 1`);
  return Object.freeze(times);
}
