/** What the gate and its neighbours use of actions. The readers for wires, `json/read.ts` and `limits.ts`, are part of the kernel's public face. */
export { canonicalAction } from './action.ts';
export { type AdmittedRequest, RESPONSE_MODES, readRequest } from './admit.ts';
export { canonicalize } from './canonical.ts';
export { readContext } from './context.ts';
export { actionDigest } from './digest.ts';
export { jcs } from './json/jcs.ts';
export { plainObject } from './plain.ts';
export type { Action, MaybePromise } from './types.ts';
