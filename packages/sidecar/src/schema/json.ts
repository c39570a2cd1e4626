/** JSON values inside a body. The strict reader has already made them, so they pass by reference and are never copied. */
import type { Json, JsonObject } from '@portcullis/wire';
import { z } from 'zod';

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const json = z.unknown() as unknown as z.ZodType<Json>;

export const jsonObject = z
  .custom<JsonObject>(isObject, 'must be an object')
  .meta({ type: 'object' });

/** Lower-case hex SHA-256. */
export const hash = z.string().meta({ description: 'lower-case hex SHA-256' });

export const timestamp = z.string().meta({ format: 'date-time', description: 'RFC 3339, UTC' });
