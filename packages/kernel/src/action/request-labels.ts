/**
 * The `labels` of a request: what the caller knows of where its arguments come from. They only add, for nobody is taken at its word that
 * something is good: a label that holds nothing back is refused.
 */
import type { Label } from '@portcullis/wire';
import { isPlainObject } from './plain.ts';
import { pointerStep, type Refusal, refuse, shown } from './refusal.ts';
import { isVisible } from './text.ts';

const MOST = 16;
const LONGEST_ORIGIN = 256;
const SOURCE = /^[a-z][a-z0-9_.-]{0,63}$/;
/** Rules over calls give labels of this source, and those are never summed up with others. */
const RULES_OWN = 'behaviour';

type Check = (value: unknown) => boolean;
const isText = (value: unknown): value is string => typeof value === 'string';
const FIELDS: ReadonlyMap<string, { readonly check: Check; readonly wants: string }> = new Map([
  [
    'source',
    {
      check: (value) => isText(value) && SOURCE.test(value) && value !== RULES_OWN,
      wants: 'a lower-case ASCII name of 1 to 64 characters',
    },
  ],
  [
    'origin',
    {
      check: (value) =>
        isText(value) && value !== '' && value.length <= LONGEST_ORIGIN && isVisible(value),
      wants: `a text of 1 to ${LONGEST_ORIGIN} visible characters`,
    },
  ],
  [
    'integrity',
    {
      check: (value) => value === 'trusted' || value === 'untrusted',
      wants: 'trusted or untrusted',
    },
  ],
  [
    'confidentiality',
    {
      check: (value) => value === 'public' || value === 'private' || value === 'secret',
      wants: 'public, private or secret',
    },
  ],
]);

export type LabelsRead = { readonly ok: true; readonly labels: readonly Label[] } | Refusal;

/** May throw where a member of `input` does. */
export function readLabels(input: unknown): LabelsRead {
  if (!Array.isArray(input)) return refuse('malformed_request', 'labels is a list', '/labels');
  const { length } = input;
  if (length > MOST) return refuse('too_large', `labels are at most ${MOST}`, '/labels');
  const labels: Label[] = [];
  for (let index = 0; index < length; index++) {
    const read = readLabel(input[index], `/labels/${index}`);
    if ('ok' in read) return read;
    labels.push(read);
  }
  return { ok: true, labels: Object.freeze(labels) };
}

function readLabel(input: unknown, at: string): Label | Refusal {
  if (typeof input !== 'object' || input === null || !isPlainObject(input))
    return refuse('malformed_request', 'a label is an object', at);
  const valid = [...FIELDS.keys()].join(', ');
  for (const name of Object.keys(input)) {
    if (FIELDS.has(name)) continue;
    const message = `a label has no field ${shown(name)}; it has ${valid}`;
    return refuse('unknown_field', message, at + pointerStep(name));
  }
  const label: Record<string, unknown> = {};
  for (const [name, { check, wants }] of FIELDS) {
    const value = input[name];
    if (!check(value))
      return refuse('malformed_request', `${name} of a label is ${wants}`, `${at}/${name}`);
    label[name] = value;
  }
  if (label.integrity === 'trusted' && label.confidentiality === 'public')
    return refuse(
      'malformed_request',
      'a label says that something is untrusted, private or secret: trust is not the caller’s to give',
      at,
    );
  return Object.freeze(label) as unknown as Label;
}
