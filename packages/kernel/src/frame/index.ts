/** What everybody may use of frames; the verbs know the rest. */
export { redactText } from './masking/redact.ts';
