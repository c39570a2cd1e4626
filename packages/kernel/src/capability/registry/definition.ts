/** Reading a definition of whatever origin into a frozen copy: unknown members, odd names and schemas that cost too much are refused with the place. */
import { hash } from 'node:crypto';
import type { CapabilityDefinition, Json, JsonObject } from '@portcullis/wire';
import * as z from 'zod';
import { isActionName } from '../../action/admit.ts';
import { canonicalize } from '../../action/index.ts';
import { pointerStep } from '../../action/refusal.ts';
import { compileParams, type ParamsCheck } from '../../action/schema/schema.ts';
import { PortcullisError } from '../../errors.ts';
import type { ViewLimits } from '../../frame/types.ts';
import { Diagnostics, type Path, reportIssues } from '../../policy/document/diagnostics.ts';
import { closedObject } from '../../policy/document/terms.ts';
import { DURATION_HELP, parseDuration } from '../../time/duration.ts';
import type { GrantedCapability, MistakenArgs, Operation } from '../port.ts';
import { type ClassRates, rateOf } from '../rates.ts';

const text = z.string().min(1).max(4_000);
const word = z.string().min(1).max(256);
const named = z.string().refine(isActionName, 'lower-case ASCII parts with dots between them');

const SCHEMA = closedObject({
  id: named,
  name: word,
  description: text,
  action: named,
  execution: z.enum(['provider', 'host']).optional(),
  args: z.json().optional(),
  resource_from: word.optional(),
  fixed: closedObject({
    resource: z.string().max(8_192).optional(),
    params: z.record(z.string(), z.json()).optional(),
  }).optional(),
  safety: z.enum(['read', 'write', 'destructive']),
  sensitivity: z.enum(['none', 'pii', 'pci', 'secrets', 'memory']).optional(),
  allowed_fields: z.array(word).max(1_000).optional(),
  max_rows: z.int().min(0).max(1_000_000).optional(),
  tags: z.array(word).max(64).optional(),
  reversible: z.boolean().optional(),
  cost: z.number().min(0).optional(),
  report_within: z
    .string()
    .refine((value) => parseDuration(value) !== undefined, DURATION_HELP)
    .optional(),
  rate: z
    .union([
      z.literal(false),
      closedObject({
        max: z.int().min(1).max(1_000_000_000),
        per: z.string().refine((value) => (parseDuration(value) ?? 0) > 0, DURATION_HELP),
      }),
    ])
    .optional(),
});

/** Bytes of a definition: it goes whole into the journal. */
const LIMITS = Object.freeze({ bytes: 32_768, depth: 24, keys: 2_000, string: 4_096, key: 256 });
const DOMAIN = 'portcullis/capability/v1\0';

export interface ReadDefinition extends GrantedCapability {
  readonly definition: Readonly<CapabilityDefinition>;
}

/** How the gate judges a resource of such an action; the text itself where it is none. */
export type Canonical = (definition: Readonly<CapabilityDefinition>, resource: string) => string;

/** Who executes an action where nothing is said, how often a class may be used, and what a fixed resource is to rules. */
export interface Reading {
  readonly hasProvider: (action: string) => boolean;
  readonly rates: ClassRates;
  readonly canonical?: Canonical;
}

/** Throws `malformed_request` and the codes of `canonicalize`, with the first thing that is wrong. */
export function readDefinition(input: unknown, reading: Reading): ReadDefinition {
  const read = canonicalize(input, LIMITS);
  if (!read.ok) throw new PortcullisError(read.code, `capability: ${read.message}`);
  const into = new Diagnostics();
  const args = check(read.value, into, []);
  const [fault] = into.list();
  if (args === undefined || fault !== undefined)
    throw new PortcullisError(
      'malformed_request',
      `capability${whichOf(read.value)}: ${fault?.path || '/'}: ${fault?.message ?? 'not readable'}`,
    );
  const definition = read.value as unknown as CapabilityDefinition;
  return Object.freeze({
    ...granted(definition, args, reading),
    digest: hash('sha256', DOMAIN + read.text),
    definition,
  });
}

/** Of many that are registered together, the one that is wrong. */
function whichOf(value: Json): string {
  const id = (value as { id?: Json } | null)?.id;
  return typeof id === 'string' && named.safeParse(id).success ? ` ${id}` : '';
}

/** Everything that is wrong with a definition that stands at this place. */
export function reportDefinition(input: unknown, into: Diagnostics, at: Path): void {
  const read = canonicalize(input, LIMITS);
  if (read.ok) check(read.value, into, at);
  else into.error(read.code, at, read.message);
}

/** The check of its arguments; undefined where something is wrong, which was said. */
function check(value: Json, into: Diagnostics, at: Path): ParamsCheck | undefined {
  const parsed = SCHEMA.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    reportIssues(parsed.error.issues, into, at);
    return undefined;
  }
  const { args } = parsed.data;
  if (args === undefined) return () => undefined;
  try {
    return compileParams(args as Json);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it does not compile';
    into.error('bad_value', [...at, 'args'], why);
    return undefined;
  }
}

function granted(
  definition: CapabilityDefinition,
  check: ParamsCheck,
  { hasProvider, rates, canonical = (_, resource) => resource }: Reading,
): Omit<GrantedCapability, 'digest'> {
  const { id, action, execution, fixed, resource_from: from, report_within } = definition;
  const reportWithin = report_within === undefined ? undefined : parseDuration(report_within);
  const view = viewOf(definition);
  const rate = rateOf(definition, rates);
  return {
    id,
    action,
    execution: execution ?? (hasProvider(action) ? 'provider' : 'host'),
    operation: (args) => operation(definition, check, args),
    // A token shown on submit or decide: what the definition fixes has to be there as it is.
    outside: ({ resource, params }) => {
      if (
        fixed?.resource !== undefined &&
        resource.value !== fixed.resource &&
        resource.value !== canonical(definition, fixed.resource)
      )
        return 'the resource is fixed';
      for (const [name, value] of Object.entries(fixed?.params ?? {}))
        if (!same(params[name], value)) return `/${name} is fixed`;
      return undefined;
    },
    ...(from === undefined || fixed?.params?.[from] !== undefined ? {} : { resourceFrom: from }),
    ...(rate === undefined ? {} : { rate }),
    ...(reportWithin === undefined ? {} : { reportWithin }),
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
): Operation | MistakenArgs {
  const mistake = check(args);
  if (mistake !== undefined) return { wrong: `args${mistake.text}`, at: `/args${mistake.at}` };
  const wrong = (name: string, why: string): MistakenArgs => ({
    wrong: `${name} ${why}`,
    at: `/args${pointerStep(name)}`,
  });
  const params: JsonObject = { ...args };
  let resource = fixed?.resource;
  if (from !== undefined && Object.hasOwn(args, from)) {
    const given = args[from];
    if (typeof given !== 'string') return wrong(from, 'is a text');
    if (resource !== undefined) return wrong(from, 'is the resource, which is fixed');
    resource = given;
    delete params[from];
  }
  for (const name of Object.keys(fixed?.params ?? {}))
    if (Object.hasOwn(args, name)) return wrong(name, 'is fixed');
  return { resource, params: { ...params, ...fixed?.params } };
}

const same = (a: Json | undefined, b: Json): boolean => {
  const one = canonicalize(a ?? null);
  const other = canonicalize(b);
  return a !== undefined && one.ok && other.ok && one.text === other.text;
};
