/** The approval that an evaluation presents: by its id, which the journal knows, and signed as `state`, which has to name the same one. */
import type { JsonObject } from '@portcullis/wire';
import type { Call } from '../route.ts';
import type { Evaluation } from '../schema/authzen.ts';
import { readSigned, signed } from './signed.ts';

/** `until` and `at`: milliseconds, until when it holds and when people gave it. */
export const approvalState = (
  { sidecar }: Call<unknown, unknown>,
  id: string,
  at: number,
  until: number,
): string =>
  signed(sidecar.ownKey(), 'portcullis-approval+jwt', {
    iss: sidecar.publicUrl(),
    aud: sidecar.publicUrl(),
    iat: Math.floor(at / 1000),
    exp: Math.floor(until / 1000),
    approval_id: id,
    task_id: id,
  });

export type Presented =
  | { readonly id: string }
  /** A reason of the profile, Approval and Re-evaluation. */
  | { readonly refused: 'approval_unverifiable' | 'approval_expired' };

const ID = /^[A-Za-z0-9_.-]{1,128}$/;

/** Undefined where none is presented. */
export function presented(
  { sidecar }: Call<unknown, unknown>,
  { context }: Evaluation,
): Presented | undefined {
  const approval = context?.approval as JsonObject | null | undefined;
  if (approval === undefined) return undefined;
  const { id, state } = approval ?? {};
  if (typeof id !== 'string' || !ID.test(id)) return { refused: 'approval_unverifiable' };
  if (state === undefined) return { id };
  const claims = readSigned(sidecar.ownKey(), 'portcullis-approval+jwt', state);
  const url = sidecar.publicUrl();
  if (claims?.iss !== url || claims.aud !== url || claims.approval_id !== id)
    return { refused: 'approval_unverifiable' };
  return sidecar.now() > Number(claims.exp) * 1000 ? { refused: 'approval_expired' } : { id };
}
