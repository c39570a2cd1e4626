/** The members of `state` and `system` records: an event with its fields, texts redacted and capped; `plain` ones are checked and bounded already. */
import type { Json, JsonObject } from '@portcullis/wire';
import { redactText } from '../frame/index.ts';

const TEXT_CAP = 1_024;

export function eventMembers(event: string, fields: JsonObject, plain: JsonObject = {}): string {
  const text = JSON.stringify({ event, ...(cleanTexts(fields) as JsonObject), ...plain });
  return text.slice(1, -1);
}

/** Texts redacted and capped, at any depth. */
export function cleanTexts(value: Json): Json {
  if (typeof value === 'string') return redactText(value, TEXT_CAP).text;
  if (Array.isArray(value)) return value.map(cleanTexts);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cleanTexts(inner)]));
}
