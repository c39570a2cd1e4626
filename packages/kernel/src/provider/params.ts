/**
 * Reads the parameters of a permitted action. The gate has checked them against the schema; a provider checks again,
 * so that a wrong type is a refusal and never a surprise further down.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import { ProviderError } from './types.ts';

type Params = Readonly<JsonObject>;

function wrong(name: string, wanted: string): never {
  throw new ProviderError('invalid_params', `the parameter ${name} must be ${wanted}`);
}

/** Own members only: a name like `constructor` is plain data. */
export function param(params: Params, name: string): Json | undefined {
  return Object.hasOwn(params, name) ? params[name] : undefined;
}

export function textParam(params: Params, name: string): string | undefined {
  const value = param(params, name);
  if (value === undefined || typeof value === 'string') return value;
  return wrong(name, 'a text');
}

export function flagParam(params: Params, name: string, otherwise: boolean): boolean {
  const value = param(params, name);
  if (value === undefined) return otherwise;
  return typeof value === 'boolean' ? value : wrong(name, 'true or false');
}

/** A whole number in [min, max]. */
export function countParam(
  params: Params,
  name: string,
  min: number,
  max: number,
): number | undefined {
  const value = param(params, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    return wrong(name, `a whole number from ${min} to ${max}`);
  }
  return value;
}

export function choiceParam<T extends string>(
  params: Params,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = param(params, name);
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  return found ?? wrong(name, `one of ${choices.join(', ')}`);
}

export function textListParam(params: Params, name: string): readonly string[] {
  const value = param(params, name);
  if (value === undefined) return [];
  if (!Array.isArray(value)) return wrong(name, 'a list of texts');
  return value.map((item) => (typeof item === 'string' ? item : wrong(name, 'a list of texts')));
}

export function textMapParam(params: Params, name: string): readonly [string, string][] {
  const value = param(params, name);
  if (value === undefined) return [];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return wrong(name, 'an object of texts');
  }
  return Object.entries(value).map(([key, text]) =>
    typeof text === 'string' ? [key, text] : wrong(name, 'an object of texts'),
  );
}
