/** What several answers hold. */
import type { Label, RecordRef } from '@portcullis/wire';
import { count, object, oneOf, text } from '../shape.ts';

export const effect = oneOf('permit', 'modify', 'require_approval', 'defer', 'deny');
export const mode = oneOf('enforce', 'observe');
export const label = object<Label>({
  source: text,
  origin: text,
  integrity: oneOf('trusted', 'untrusted'),
  confidentiality: oneOf('public', 'private', 'secret'),
});
export const recordRef = object<RecordRef>({ seq: count, hash: text });
export const invalidationMembers = {
  target: oneOf('session', 'principal', 'role'),
  id: text,
  reason: text,
  guard: text,
};
const approvalStatus = oneOf('open', 'approved', 'denied', 'expired', 'withdrawn', 'used');
export const approvalMembers = { id: text, status: approvalStatus, expires: count };
