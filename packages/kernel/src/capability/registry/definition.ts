/** Reading a definition of whatever origin into a frozen copy: unknown members, odd names and schemas that cost too much are refused with the place. */
import { hash } from 'node:crypto';
import type { CapabilityDefinition, Json, JsonObject } from '@portcullis/wire';
import * as z from 'zod';
import { isActionName } from '../../action/admit.ts';
import { canonicalize } from '../../action/index.ts';
import { compileParams, type ParamsCheck } from '../../action/schema/schema.ts';
import { PortcullisError } from '../../errors.ts';
import type { ViewLimits } from '../../frame/types.ts';
import { parseDuration } from '../../policy/value/duration.ts';
import type { GrantedCapability, Operation } from '../port.ts';

const text = z.string().min(1).max(4_000);
const word = z.string().min(1).max(256);
const named = z.string().refine(isActionName, 'lower-case ASCII parts with dots between them');

const SCHEMA = z.strictObject({
  id: named,
  name: word,
  description: text,
  action: named,
  execution: z.enum(['provider', 'host']).optional(),
  args: z.json().optional(),
  resource_from: word.optional(),
  fixed: z
    .strictObject({
      resource: z.string().max(8_192).optional(),
      params: z.record(z.string(), z.json()).optional(),
    })
    .optional(),
  safety: z.enum(['read', 'write', 'destructive']),
  sensitivity: z.enum(['none', 'pii', 'pci', 'secrets', 'memory']).optional(),
  allowed_fields: z.array(word).max(1_000).optional(),
  max_rows: z.int().min(0).max(1_000_000).optional(),
  tags: z.array(word).max(64).optional(),
  reversible: z.boolean().optional(),
  cost: z.number().min(0).optional(),
  report_within: z
    .string()
    .refine((value) => parseDuration(value) !== undefined, 'a duration such as 10m')
    .optional(),
});

/** Bytes of a definition: it goes whole into the journal. */
const LIMITS = Object.freeze({ bytes: 32_768, depth: 24, keys: 2_000, string: 4_096, key: 256 });
const DOMAIN = 'portcullis/capability/v1\0';

export interface ReadDefinition extends GrantedCapability {
  readonly definition: Readonly<CapabilityDefinition>;
}

/** Throws `malformed_request` and the codes of `canonicalize`. `hasProvider` says whether an action is executed here. */
export function readDefinition(
  input: unknown,
  hasProvider: (action: string) => boolean,
): ReadDefinition {
  const read = canonicalize(input, LIMITS);
  if (!read.ok) throw new PortcullisError(read.code, `capability: ${read.message}`);
  const parsed = SCHEMA.safeParse(read.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = `/${(issue?.path ?? []).join('/')}`;
    throw new PortcullisError('malformed_request', `capability: ${place}: ${issue?.message}`);
  }
  const definition = read.value as unknown as CapabilityDefinition;
  return Object.freeze({
    ...granted(definition, argsCheck(definition), hasProvider),
    digest: hash('sha256', DOMAIN + read.text),
    definition,
  });
}

function argsCheck({ args }: CapabilityDefinition): ParamsCheck {
  if (args === undefined) return () => undefined;
  try {
    return compileParams(args);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it does not compile';
    throw new PortcullisError('malformed_request', `capability: /args: ${why}`);
  }
}

function granted(
  definition: CapabilityDefinition,
  check: ParamsCheck,
  hasProvider: (action: string) => boolean,
): Omit<GrantedCapability, 'digest'> {
  const { id, action, execution, fixed } = definition;
  const view = viewOf(definition);
  return {
    id,
    action,
    execution: execution ?? (hasProvider(action) ? 'provider' : 'host'),
    operation: (args) => operation(definition, check, args),
    // A token shown on submit or decide: what the definition fixes has to be there as it is.
    outside: ({ resource, params }) => {
      if (fixed?.resource !== undefined && resource.value !== fixed.resource)
        return 'the resource is fixed';
      for (const [name, value] of Object.entries(fixed?.params ?? {}))
        if (!same(params[name], value)) return `/${name} is fixed`;
      return undefined;
    },
    ...(view === undefined ? {} : { view }),
  };
}

function viewOf({ allowed_fields: fields, max_rows: rows, sensitivity }: CapabilityDefinition) {
  const personal = sensitivity === 'pii' || sensitivity === 'pci';
  if (fields === undefined && rows === undefined && !personal) return undefined;
  return {
    ...(fields === undefined ? {} : { fields }),
    ...(rows === undefined ? {} : { rows }),
    ...(personal ? { personal } : {}),
  } satisfies ViewLimits;
}

function operation(
  { resource_from: from, fixed }: CapabilityDefinition,
  check: ParamsCheck,
  args: JsonObject,
): Operation | { readonly wrong: string } {
  const wrong = check(args);
  if (wrong !== undefined) return { wrong };
  const params: JsonObject = { ...args };
  let resource = fixed?.resource;
  if (from !== undefined && Object.hasOwn(args, from)) {
    const given = args[from];
    if (typeof given !== 'string') return { wrong: `${from} is a text` };
    if (resource !== undefined) return { wrong: `${from}: the resource is fixed` };
    resource = given;
    delete params[from];
  }
  for (const name of Object.keys(fixed?.params ?? {}))
    if (Object.hasOwn(args, name)) return { wrong: `${name} is fixed` };
  return { resource, params: { ...params, ...fixed?.params } };
}

const same = (a: Json | undefined, b: Json): boolean => {
  const one = canonicalize(a ?? null);
  const other = canonicalize(b);
  return a !== undefined && one.ok && other.ok && one.text === other.text;
};
