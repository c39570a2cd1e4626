/** A text read by the schema of another system's policies: the same formats, places and words for what is wrong as of a document of ours. */
import type { z } from 'zod';
import { type Diagnostics, reportIssues } from './diagnostics.ts';
import { type PolicyFormat, parseText } from './load.ts';

export interface ReadForeign<T> {
  /** undefined where something is wrong. */
  readonly value: T | undefined;
  /** For what else is found wrong with it, at its places. */
  readonly diagnostics: Diagnostics;
}

export function readForeignPolicy<T>(
  schema: z.ZodType<T>,
  source: { readonly text: string; readonly format?: PolicyFormat },
): ReadForeign<T> {
  const { value, into } = parseText(source);
  if (!into.ok) return { value: undefined, diagnostics: into };
  const read = schema.safeParse(value ?? {}, { reportInput: true });
  if (read.success) return { value: read.data, diagnostics: into };
  reportIssues(read.error.issues, into);
  return { value: undefined, diagnostics: into };
}
