/** What a canonicaliser answers: the text that the gate judges, or why there is none. */
import { type Refusal, refuse } from '../refusal.ts';

export interface Named {
  readonly ok: true;
  readonly value: string;
  /** `http` only: what followed the `?`, where something did. */
  readonly query?: string;
}

export const named = (value: string): Named => ({ ok: true, value });

export const badResource = (message: string): Refusal =>
  refuse('invalid_resource', message, '/resource');
