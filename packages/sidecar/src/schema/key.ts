/** API keys: what is asked for, what is shown of one, and how one is kept. */
import { RIGHTS } from '@portcullis/kernel';
import { z } from 'zod';
import { jsonObject, timestamp } from './json.ts';
import { mayAssert, principalKind } from './principal.ts';

const name = z.string().min(1).max(256);

/** At most `max` requests in any `per_seconds`, refilled evenly. A batch counts each of its members. */
const keyRate = z.strictObject({
  max: z.number().int().min(1).max(1_000_000),
  per_seconds: z.number().min(0.001).max(86_400),
});

/** SHA-256 of a client certificate in DER: lower-case hex, 64 digits. */
const fingerprint = z.string().regex(/^[0-9a-f]{64}$/);

const rights = z.array(z.enum(RIGHTS)).max(RIGHTS.length);

export const keyRequest = z.strictObject({
  principal: z.strictObject({
    id: name,
    kind: principalKind.exactOptional(),
    roles: z.array(name).max(100).exactOptional(),
    attributes: jsonObject.exactOptional(),
  }),
  rights,
  label: z.string().max(200).exactOptional(),
  may_assert: mayAssert.exactOptional(),
  rate: keyRate.exactOptional(),
  expires: z.iso.datetime().exactOptional(),
  certificate: fingerprint.exactOptional(),
});

export const keyView = z.strictObject({
  id: z.string(),
  tenant: z.string(),
  label: z.string(),
  principal: z.strictObject({
    id: z.string(),
    kind: principalKind,
    roles: z.array(z.string()),
    attributes: jsonObject,
  }),
  rights,
  may_assert: mayAssert,
  rate: keyRate.exactOptional(),
  created: timestamp,
  rotated: timestamp.exactOptional(),
  expires: timestamp.exactOptional(),
  certificate: fingerprint.exactOptional(),
});

export const keyList = z.strictObject({ keys: z.array(keyView) });

/** The only answer that ever holds a secret: once, when it is made. */
export const keyCreated = z.strictObject({ ...keyView.shape, key: z.string() });

const storedKey = z.strictObject({ ...keyView.shape, hash: fingerprint });

export const keyFile = z.strictObject({
  version: z.literal(1),
  keys: z.array(storedKey).max(100_000),
});

export type KeyRate = z.infer<typeof keyRate>;
export type KeyRequest = z.infer<typeof keyRequest>;
export type KeyView = z.infer<typeof keyView>;
export type StoredKey = z.infer<typeof storedKey>;
