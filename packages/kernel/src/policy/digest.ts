/** The digest of a policy: what records and permits name. Over the documents as data, so layout, comments and format do not count. */
import { hash } from 'node:crypto';
import type { Json } from '@portcullis/wire';
import { jcs } from '../action/index.ts';
import type { Behaviour, PolicyDocument, Rule } from './document/schema.ts';

export interface DigestedLayer {
  readonly layer: string;
  readonly documents: readonly PolicyDocument[];
}

/** Lower-case hex SHA-256 over `portcullis/policy/v1\0` and the RFC 8785 text of [[layer, [document…]]…]. */
export function policyDigest(layers: readonly DigestedLayer[]): string {
  const canonical = layers.map(({ layer, documents }) => [layer, documents]) as unknown as Json;
  return hash('sha256', `portcullis/policy/v1\0${jcs(canonical)}`, 'hex');
}

/** Of one rule: an approval is for the rule that asked, whatever becomes of the others. */
export const ruleDigest = (rule: Rule): string =>
  hash('sha256', `portcullis/rule/v1\0${jcs(rule as unknown as Json)}`, 'hex');

/** Of what a rule over the order of calls looks for: a rule that looks for something else begins anew. */
export function sequenceDigest({ sequence, steps, across }: Behaviour): string {
  const looked = jcs({ sequence, steps, across: across ?? null } as unknown as Json);
  return hash('sha256', `portcullis/sequence/v1\0${looked}`, 'hex');
}
