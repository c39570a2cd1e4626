/** What reads another system's policies: their schema, and what of ours each of their rules becomes. */
import type { ReadForeign } from '@portcullis/kernel';
import type { JsonObject } from '@portcullis/wire';
import { z } from 'zod';

export type Mistakes = ReadForeign<unknown>['diagnostics'];

export interface System<T> {
  /** Of their rules in their document: the place of rule n of ours is n of these. */
  readonly rules: (document: T) => string;
  readonly schema: z.ZodType<T>;
  /** Rule for rule, in the order of the text. What has no equal is a mistake, never left out in silence. */
  readonly translate: (document: T, mistakes: Mistakes) => JsonObject[];
}

/** An object that takes these keys and no others; the message of an unknown key lists them. */
export function closed<T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? keys : undefined),
  });
}

export const pointer = (name: string): string =>
  `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
