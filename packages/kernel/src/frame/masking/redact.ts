/**
 * Masks secrets in a text, in time linear in its length. `maskSecrets` leaves all else as it is, for frames; `redactText` also makes a text
 * fit for records, logs and error messages: one line, without control characters or marks that reorder text, and capped.
 */
import { shortened } from '../characters.ts';
import { maskAssigned } from './assigned.ts';
import { assignsSecret } from './names.ts';
import { maskNetrc, mayBeNetrc } from './netrc.ts';
import { maskPrivateKeys } from './private-key.ts';
import { announcesSecret, maskOf, SECRET_PATTERNS, type SecretPattern } from './secret-forms.ts';

export interface Redacted {
  readonly text: string;
  /** Kinds of what was masked, each once; empty where nothing was. */
  readonly found: readonly string[];
}

const NOTHING: readonly string[] = Object.freeze([]);

/** `before`: the words before the text, where it is not the beginning. */
export function maskSecrets(text: string, before?: string): Redacted {
  const announced = announcesSecret(text);
  const netrc = mayBeNetrc(before === undefined ? text : before + text);
  if (!announced && !netrc && !assignsSecret(text)) return { text, found: NOTHING };
  const found = new Set<string>();
  let masked = announced ? maskPrivateKeys(text, found) : text;
  if (netrc) masked = maskNetrc(masked, found, before);
  if (announced) masked = maskAnnounced(masked, found);
  masked = maskAssigned(masked, found);
  return { text: masked, found: found.size === 0 ? NOTHING : [...found] };
}

function maskAnnounced(text: string, found: Set<string>): string {
  let masked = text;
  for (const secret of SECRET_PATTERNS) {
    if (secret.needles.some((needle) => masked.includes(needle)))
      masked = maskPattern(masked, secret, found);
  }
  return masked;
}

function maskPattern(text: string, secret: SecretPattern, found: Set<string>): string {
  const { kind, group, accept } = secret;
  return text.replace(secret.pattern, (match: string, first: unknown) => {
    const hidden = group === 1 ? String(first) : match;
    if (accept !== undefined && !accept(hidden)) return match;
    found.add(kind);
    // The group stands at the end of its match, but for one delimiter.
    const start = match.lastIndexOf(hidden);
    return match.slice(0, start) + maskOf(kind) + match.slice(start + hidden.length);
  });
}

/** How far behind the cap a secret may reach that begins before it. */
const OVERLAP = 16_384;
const PLAIN = /^[\x20-\x7e]*$/;
const BREAKS = /[\t\n\r\p{Zl}\p{Zp}]+/gu;
const UNSEEN = /[\p{Cc}\p{Bidi_Control}]+/gu;

/** `cap`: UTF-16 units of the answer, its ellipsis included. Time grows with the cap, not with the text. */
export function redactText(text: string, cap: number = Number.POSITIVE_INFINITY): Redacted {
  let fit = text.length > cap + OVERLAP ? text.slice(0, cap + OVERLAP) : text;
  // Before the search: a secret with a control character inside is still that secret.
  if (!PLAIN.test(fit)) fit = fit.toWellFormed().replace(BREAKS, ' ').replace(UNSEEN, '');
  const masked = maskSecrets(fit);
  return masked.text.length <= cap
    ? masked
    : { text: shortened(masked.text, cap), found: masked.found };
}
