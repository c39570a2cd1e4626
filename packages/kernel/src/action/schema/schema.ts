/**
 * Compiles the JSON Schema of an action's params into a check that runs in linear time: patterns on a linear engine,
 * `uniqueItems` by canonical text, no reference that leaves the document. What cannot be held to that is a load error.
 * Drafts 2020-12 (default) and 7 are read, by `$schema`. Unknown keywords, and formats that formats.ts does not have, are load errors.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import { jcs } from '../json/jcs.ts';
import { pointerStep } from '../refusal.ts';
import { FORMATS } from './formats.ts';
import { isPlainSchema } from './plain-schema.ts';
import { checkCost } from './schema-cost.ts';

/** What does not fit, for a sentence that begins with what the caller calls its params, and a JSON Pointer to what would have to change. */
export interface ParamsMistake {
  readonly at: string;
  readonly text: string;
}

export type ParamsCheck = (params: Readonly<JsonObject>) => ParamsMistake | undefined;

const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';
const DRAFT_7 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;

/** `pattern` finds anywhere in the text, as ECMA-262 `test` does. The compiler tells patterns apart by their text. */
function linearPattern(source: string): { test(text: string): boolean; toString(): string } {
  const pattern = RE2JS.compile(source);
  return { test: (text) => pattern.matcher(text).find(), toString: () => source };
}
linearPattern.code = 'linearPattern';

const OPTIONS: Options = {
  strict: true,
  strictTypes: false,
  strictRequired: false,
  strictTuples: false,
  allowUnionTypes: true,
  allErrors: false,
  validateFormats: true,
  formats: FORMATS,
  ownProperties: true,
  logger: false,
  code: { regExp: linearPattern },
};

function prepared<T extends Ajv | Ajv2020>(ajv: T): T {
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: Json[]) =>
      !wanted || new Set(items.map(jcs)).size === items.length,
    error: { message: 'must not have the same item twice' },
  });
  return ajv;
}

/** A compiler holds on to whatever it compiled, so after so many schemas there is another. */
const MAX_COMPILED = 500;

/** The compiler to take for the next schema. */
function renewed<T>(make: () => T): () => T {
  let compiler: T | undefined;
  let compiled = 0;
  return () => {
    if (compiler === undefined || ++compiled > MAX_COMPILED) {
      compiler = make();
      compiled = 1;
    }
    return compiler;
  };
}

/** The built-in schemas are checked by a test, not at every start: that costs a start 60 ms. */
let draftOwn: Ajv2020 | undefined;
const draft7 = renewed(() => prepared(new Ajv(OPTIONS)));
const draft2020 = renewed(() => prepared(new Ajv2020(OPTIONS)));

function compilerFor(schema: JsonObject): Ajv | Ajv2020 {
  const named = schema.$schema;
  if (named === undefined || named === DRAFT_2020) return draft2020();
  if (typeof named === 'string' && DRAFT_7.test(named)) return draft7();
  throw new Error('$schema names a draft that is not read here; 2020-12 and 7 are');
}

/** Checks that were made, by the text of their schemas: a kernel opened anew, or definitions read again, compile nothing twice. */
const kept = new Map<string, ParamsCheck>();
const MAX_KEPT = 500;
/** Longer texts are not worth their room. */
const MAX_TEXT = 4_096;

/** Throws an Error whose message says what is wrong with the schema. */
export function compileParams(schema: Json): ParamsCheck {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) {
    throw new Error('the schema of params must be an object');
  }
  const text = JSON.stringify(schema);
  const known = kept.get(text);
  if (known !== undefined) return known;
  // From the text, so that a check is what its text says, whatever else an object can be.
  const check = compile(JSON.parse(text) as JsonObject);
  if (text.length <= MAX_TEXT) {
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(text, check);
  }
  return check;
}

function compile(schema: JsonObject): ParamsCheck {
  checkCost(schema);
  if (isPlainSchema(schema)) return compiledWhenAsked(schema);
  // An `$id` would let schemas of one compiler see each other; `$schema` has chosen the compiler.
  const { $id: _id, $schema: _schema, ...rest } = schema;
  const validate: ValidateFunction = compilerFor(schema).compile(rest);
  return (params) => (validate(params) ? undefined : mistake(validate.errors?.[0]));
}

/** Tens of thousands of tools are registered, and few are ever called. */
function compiledWhenAsked(schema: JsonObject): ParamsCheck {
  let validate: ValidateFunction | undefined;
  return (params) => {
    validate ??= draft2020().compile(schema);
    return validate(params) ? undefined : mistake(validate.errors?.[0]);
  };
}

/** For schemas of this code base: compiled when first asked. */
export function compileOwnParams(schema: Json): ParamsCheck {
  let validate: ValidateFunction | undefined;
  return (params) => {
    if (validate === undefined) {
      draftOwn ??= prepared(new Ajv2020({ ...OPTIONS, validateSchema: false }));
      validate = draftOwn.compile(schema as JsonObject);
    }
    return validate(params) ? undefined : mistake(validate.errors?.[0]);
  };
}

/** Where and what, without the value: it may be a secret. */
function mistake(error: ErrorObject | undefined): ParamsMistake {
  if (error === undefined) return { at: '', text: ' do not fit' };
  const { instancePath: where, params } = error;
  const key: unknown = params.additionalProperty ?? params.unevaluatedProperty;
  if (typeof key === 'string') {
    const text = `${where} has the unknown member ${JSON.stringify(key.slice(0, 100))}`;
    return { at: where + pointerStep(key), text };
  }
  const missing: unknown = params.missingProperty;
  const at = typeof missing === 'string' ? where + pointerStep(missing) : where;
  const allowed: unknown = params.allowedValues;
  const list = Array.isArray(allowed) ? `: ${JSON.stringify(allowed).slice(0, 200)}` : '';
  return { at, text: `${where.slice(0, 200)} ${error.message ?? 'does not fit'}${list}` };
}
