/**
 * Makes the action that the gate judges out of a request: resource canonical, params frozen, digest over both. Two requests that mean the
 * same come out the same; doing it again to what came out changes nothing.
 */
import type { JsonObject } from '@portcullis/wire';
import { canonicalize } from './canonical.ts';
import { actionDigest } from './digest.ts';
import { MOVE } from './move.ts';
import { pointerStep, type Refusal, refuse } from './refusal.ts';
import { canonicalPath, lexicalPath } from './resource/fs.ts';
import { canonicalQuery, canonicalUrl } from './resource/http.ts';
import { canonicalTool } from './resource/mcp.ts';
import { badResource, type Named, named } from './resource/named.ts';
import { canonicalText } from './resource/other.ts';
import { canonicalProgram, checkArguments } from './resource/proc.ts';
import type { Action, ResourceFamily, ResourceTraits } from './types.ts';

export interface ActionInput {
  readonly tenant: string;
  readonly principalId: string;
  readonly onBehalfOf: string | undefined;
  /** Of the provider's action; undefined where none is known, and the family follows from the name. */
  readonly definition: ResourceTraits | undefined;
  /** As `readRequest` gave it. Changed params come without a text, and are read like any others. */
  readonly request: {
    readonly action: string;
    readonly resource?: string | undefined;
    readonly params: JsonObject;
    readonly paramsText?: string | undefined;
  };
  /** Absolute and canonical: where relative paths begin. */
  readonly startDir: string;
  /** The host executes: paths stay lexical, for its file system is not ours. */
  readonly hostExecuted: boolean;
}

export type ActionRead = { readonly ok: true; readonly action: Action } | Refusal;

/** Codes: `invalid_resource`, `restated_resource`, `invalid_params`, and those of `canonicalize`. */
export function canonicalAction(input: ActionInput): ActionRead {
  const { definition, request } = input;
  const family = definition?.resource ?? familyOf(request.action);
  const resource = canonicalResource(family, input);
  if (!resource.ok) return resource;
  let { params, paramsText } = request;
  const restated = restatedBy(definition?.restates ?? RESTATES[family], params);
  if (restated !== undefined) {
    const message = `params.${restated} restates the resource`;
    return refuse('restated_resource', message, `/params${pointerStep(restated)}`);
  }
  if (family === 'proc') {
    const wrong = checkArguments(params.args);
    if (wrong !== undefined) return wrong;
  }
  const changed = changedParams(family, input, resource.query);
  if (!changed.ok) return changed;
  const { changes } = changed;
  if (changes !== undefined || paramsText === undefined) {
    const copy = canonicalize({ ...params, ...changes }, undefined, 1);
    if (!copy.ok) return refuse(copy.code, `params: ${copy.message}`, `/params${copy.pointer}`);
    params = copy.value as JsonObject;
    paramsText = copy.text;
  }
  const judged = Object.freeze({ kind: family, value: resource.value });
  const digest = actionDigest({
    tenant: input.tenant,
    principal: input.principalId,
    onBehalfOf: input.onBehalfOf,
    name: request.action,
    resource: judged,
    paramsText,
    definition: definition?.digest,
  });
  const action: Action = Object.freeze({
    name: request.action,
    resource: judged,
    params,
    paramsText,
    hostPath: input.hostExecuted && family === 'fs',
    digest,
  });
  return { ok: true, action };
}

/** What follows from an action's name where no provider defines it. */
export function familyOf(name: string): ResourceFamily {
  const dot = name.indexOf('.');
  const head = dot === -1 ? '' : name.slice(0, dot);
  return head === 'fs' || head === 'http' || head === 'proc' || head === 'mcp' ? head : 'other';
}

const RESTATES: Readonly<Record<ResourceFamily, readonly string[]>> = Object.freeze({
  fs: ['path', 'file', 'file_path', 'filename'],
  http: ['url', 'uri', 'host'],
  proc: ['command', 'cmd', 'executable', 'program'],
  mcp: [],
  other: [],
});

function restatedBy(names: readonly string[], params: JsonObject): string | undefined {
  // Most actions on files have no params at all.
  for (const _ in params) return names.find((name) => Object.hasOwn(params, name));
  return undefined;
}

function canonicalResource(family: ResourceFamily, input: ActionInput): Named | Refusal {
  const raw = input.request.resource;
  if (raw === undefined) {
    return family === 'other' ? named('') : badResource(`${input.request.action} needs a resource`);
  }
  switch (family) {
    case 'fs':
      return canonicalFile(raw, input);
    case 'http':
      return canonicalUrl(raw);
    case 'proc':
      return canonicalProgram(raw);
    case 'mcp':
      return canonicalTool(raw);
    case 'other':
      return canonicalText(raw);
  }
}

const canonicalFile = (raw: string, input: ActionInput): Named | Refusal =>
  input.hostExecuted ? lexicalPath(raw, input.startDir) : canonicalPath(raw, input.startDir);

type ChangedParams =
  | { readonly ok: true; readonly changes: Readonly<Record<string, string>> | undefined }
  | Refusal;

/** Rules judge where a move goes as they judge where it is from, whether or not a provider says that it is a path. */
const MOVED_TO: readonly string[] = Object.freeze(['to']);

const UNCHANGED = Object.freeze({ ok: true, changes: undefined } as const);

/** Params that become canonical with the resource: the query of a URL, and params that are paths themselves. */
function changedParams(
  family: ResourceFamily,
  input: ActionInput,
  query: string | undefined,
): ChangedParams {
  const { action: name, params } = input.request;
  const paths = input.definition?.paths ?? (name === MOVE ? MOVED_TO : undefined);
  if (family !== 'http' && paths === undefined) return UNCHANGED;
  let changes: Record<string, string> | undefined;
  if (family === 'http' && typeof params.query === 'string' && query === undefined) {
    const apart = canonicalQuery(params.query);
    if (!apart.ok) return refuse('invalid_params', apart.message, '/params/query');
    if (apart.value !== params.query) changes = { query: apart.value };
  }
  if (query !== undefined) {
    if (Object.hasOwn(params, 'query')) {
      const message = 'the URL and params.query both hold a query';
      return refuse('restated_resource', message, '/params/query');
    }
    changes = { query };
  }
  for (const name of paths ?? []) {
    const raw = Object.hasOwn(params, name) ? params[name] : undefined;
    if (typeof raw !== 'string') continue;
    const path = canonicalFile(raw, input);
    if (!path.ok) return refuse('invalid_params', path.message, `/params${pointerStep(name)}`);
    if (path.value !== raw) changes = { ...changes, [name]: path.value };
  }
  return { ok: true, changes };
}
