/** The small schemas that a document is made of, each with its own stable code for what is wrong with it. */
import type { Json } from '@portcullis/wire';
import { z } from 'zod';

/** A string with a check of its own: `wrong` says what is wrong with it, or nothing. */
export function checked(
  code: string,
  expected: string,
  wrong: (text: string) => string | undefined,
): z.ZodType<string> {
  return z.string(`expected ${expected}`).superRefine((value, context) => {
    const message = wrong(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message, params: { code } });
  });
}

/** An object that takes these keys and no others; the message of an unknown key lists them. */
export function closedObject<T extends z.core.$ZodLooseShape>(
  shape: T,
): z.ZodObject<T, z.core.$strict> {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? keys : undefined),
  });
}

export const oneOrMany = <T extends z.ZodType>(item: T) => z.union([item, z.array(item)]);

export type Scalar = string | number | boolean | null;

export const scalar: z.ZodType<Scalar> = z.union(
  [z.string(), z.number(), z.boolean(), z.null()],
  'expected a string, a number, a boolean or null',
);

/** JSON types told apart as the language does: all numbers are one type. */
export function sameType(a: Json, b: Json): boolean {
  return a === null || b === null ? a === b : typeof a === typeof b;
}

export const scalars: z.ZodType<Scalar[]> = z.array(scalar).superRefine((list, context) => {
  const first = list[0];
  const odd = list.findIndex((item) => !sameType(item, first as Scalar));
  if (odd < 0) return;
  context.addIssue({
    code: 'custom',
    message: 'the list has values of different types, which never equal one another',
    path: [odd],
    params: { code: 'mixed_types' },
  });
});

export const many = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];
