/** What the gate and its neighbours use of frames. */
export { makeFrame } from './frame.ts';
export { redactText } from './redact.ts';
export { FRAME_LIMITS } from './types.ts';
