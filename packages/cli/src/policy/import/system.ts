/** What reads another system's policies: their schema, and what of ours each of their rules becomes. */
import type { ReadForeign } from '@portcullis/kernel';
import type { JsonObject } from '@portcullis/wire';
import type { z } from 'zod';

export type Mistakes = ReadForeign<unknown>['diagnostics'];

export interface System<T> {
  /** Of their rules in their document: the place of rule n of ours is n of these. */
  readonly rules: (document: T) => string;
  readonly schema: z.ZodType<T>;
  /** Rule for rule, in the order of the text. What has no equal is a mistake, never left out in silence. */
  readonly translate: (document: T, mistakes: Mistakes) => JsonObject[];
}
