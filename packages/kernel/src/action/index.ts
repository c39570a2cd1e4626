/** What the gate and its neighbours use of actions. */
export { type ActionInput, type ActionRead, canonicalAction, familyOf } from './action.ts';
export { type Admission, type AdmittedRequest, isActionName, readRequest } from './admit.ts';
export { type Canonical, canonicalize } from './canonical.ts';
export { actionDigest, type DigestInput } from './digest.ts';
export { jcs } from './jcs.ts';
export { type JsonRead, readJson } from './json.ts';
export { ADMISSION_LIMITS, type AdmissionLimits } from './limits.ts';
export { isExactNumber } from './number.ts';
export { plainObject } from './plain.ts';
export type { Refusal } from './refusal.ts';
export { canonicalPath } from './resource/fs.ts';
export { canonicalUrl } from './resource/http.ts';
export type { Action, MaybePromise, ResourceFamily, ResourceTraits } from './types.ts';
