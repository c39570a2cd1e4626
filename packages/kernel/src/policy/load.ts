/** From documents to a policy: read, checked, linted and compiled, layer by layer. All of it loads, or none. */
import type { JsonObject, PolicyDiagnostic, PolicyLayerView, PolicyReport } from '@portcullis/wire';
import { PortcullisError } from '../errors.ts';
import { type CompiledBehaviour, compileBehaviour } from './compile/behaviour.ts';
import { type CompiledBudget, compileBudget } from './compile/budget.ts';
import { indexByAction } from './compile/index-by-action.ts';
import {
  type CompiledInvariant,
  compileInvariant,
  type DeclaredParams,
} from './compile/invariants.ts';
import { type CompiledRule, checkExpression, compileRule } from './compile/rule.ts';
import { policyDigest } from './digest.ts';
import type { Diagnostics } from './document/diagnostics.ts';
import { type PolicyFormat, readDocument } from './document/load.ts';
import type { PolicyDocument, Rule } from './document/schema.ts';
import type { CompiledLayer } from './evaluate.ts';
import { lintDocument, lintLayer, type Placed } from './lint/lint.ts';
import { type CompiledPolicy, makePolicy } from './policy.ts';

/** One document of a layer. Documents of one layer are one set of rules. */
export interface Layer {
  readonly layer: 'server' | 'tenant' | 'session';
  /** A file, a preset: for people, and for the rates of a session's layer. */
  readonly name: string;
  readonly text?: string;
  /** Of the text; YAML where left out. */
  readonly format?: PolicyFormat;
  /** In place of a text. */
  readonly document?: JsonObject;
}

export interface LoadOptions {
  /** The JSON Schema of an action's parameters: an invariant without an action is on those that declare its parameter. */
  readonly declaredParams?: DeclaredParams;
}

/** Thrown where a document does not load; `diagnostics` names every mistake. */
export class InvalidPolicyError extends PortcullisError {
  readonly diagnostics: readonly PolicyDiagnostic[];

  constructor(name: string, diagnostics: readonly PolicyDiagnostic[]) {
    super('invalid_policy', summary(name, diagnostics));
    this.diagnostics = diagnostics;
  }
}

function summary(name: string, diagnostics: readonly PolicyDiagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return `${name} does not load`;
  const place = first.line === undefined ? first.path || '/' : `${first.line}:${first.column}`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `${name}:${place}: ${first.message}${more}`;
}

const ORDER = ['server', 'tenant', 'session'] as const;

interface Read {
  readonly layer: Layer;
  readonly document: PolicyDocument;
  readonly diagnostics: Diagnostics;
  readonly rules: readonly CompiledRule[];
}

/** Throws InvalidPolicyError. Without any layer everything is denied. */
export function loadPolicy(documents: readonly Layer[], options: LoadOptions = {}): CompiledPolicy {
  const declared = options.declaredParams ?? (() => undefined);
  const layers: CompiledLayer[] = [];
  const invariants: CompiledInvariant[] = [];
  const budgets: CompiledBudget[] = [];
  const behaviours: CompiledBehaviour[] = [];
  const views: PolicyLayerView[] = [];
  const digested: { layer: string; documents: PolicyDocument[] }[] = [];
  for (const name of ORDER) {
    const reads = documents.filter(({ layer }) => layer === name).map(read);
    if (reads.length === 0) continue;
    checkSet(reads);
    const rules = reads.flatMap((part) => part.rules);
    const remedy = reads.find((part) => part.document.remedy !== undefined)?.document.remedy;
    const asksMore = reads.some(({ document }) => (document.rules ?? []).some(asksOfRequest));
    layers.push(
      Object.freeze({ layer: name, rules, bucket: indexByAction(rules), remedy, asksMore }),
    );
    for (const { document } of reads) {
      for (const invariant of document.invariants ?? []) {
        invariants.push(compileInvariant(invariant, declared, document.visible));
      }
    }
    for (const { layer, document } of reads) {
      for (const budget of document.budgets ?? [])
        budgets.push(compileBudget(budget, scopeOf(layer)));
      for (const behaviour of document.behaviour ?? [])
        behaviours.push(compileBehaviour(behaviour, scopeOf(layer)));
    }
    views.push(...reads.map(viewOf));
    digested.push({ layer: name, documents: reads.map((part) => part.document) });
  }
  const asksOrigins = digested.some((layer) => layer.documents.some(asksOfOrigins));
  return makePolicy({
    digest: policyDigest(digested),
    asksOrigins,
    layers,
    invariants,
    budgets,
    behaviours,
    views,
  });
}

const asksOfRequest = ({ when }: Rule): boolean =>
  when?.grant !== undefined || when?.justification !== undefined;

const asksOfOrigins = ({ rules = [] }: PolicyDocument): boolean =>
  rules.some(({ when }) => when?.labels !== undefined || when?.flow !== undefined);

function read(layer: Layer): Read {
  const source =
    layer.document === undefined
      ? { text: layer.text ?? '', ...(layer.format === undefined ? {} : { format: layer.format }) }
      : { document: layer.document };
  const { document, diagnostics } = readDocument(source);
  const rules = document === undefined ? [] : compileRules(document, scopeOf(layer), diagnostics);
  if (document === undefined || !diagnostics.ok) {
    throw new InvalidPolicyError(layer.name, diagnostics.list());
  }
  return { layer, document, diagnostics, rules };
}

/** Rates of a server or tenant rule outlive the name of its file; presets are told apart. */
const scopeOf = ({ layer, name }: Layer): string =>
  layer === 'session' ? `session:${name}` : layer;

/** None where the document is not one: then their expressions are looked at alone, for what is wrong with them. */
function compileRules(
  document: PolicyDocument,
  scope: string,
  into: Diagnostics,
): readonly CompiledRule[] {
  const { ok } = into;
  return (document.rules ?? []).flatMap((rule, index) => {
    const at = ['rules', index];
    if (!ok) {
      checkExpression(rule, at, into);
      return [];
    }
    const compiled = compileRule(rule, scope, at, into, document.visible);
    return compiled === undefined ? [] : [compiled];
  });
}

/** What only all documents of a layer show together: a name used twice, a rule that another covers. */
function checkSet(reads: readonly Read[]): void {
  const names = new Map<string, string>();
  for (const { layer, document, diagnostics } of reads) {
    (document.rules ?? []).forEach((rule, index) => {
      const taken = names.get(rule.name);
      if (taken !== undefined) {
        const message = `"${rule.name}" is taken: a rule of ${taken} has this name`;
        diagnostics.error('duplicate_name', ['rules', index, 'name'], message);
      }
      names.set(rule.name, layer.name);
    });
  }
  lintLayer(reads.flatMap(placed));
  for (const { layer, diagnostics } of reads) {
    if (!diagnostics.ok) throw new InvalidPolicyError(layer.name, diagnostics.list());
  }
}

const placed = ({ document, diagnostics }: Pick<Read, 'document' | 'diagnostics'>): Placed[] =>
  (document.rules ?? []).map((rule, index) => ({ rule, at: ['rules', index], into: diagnostics }));

function viewOf({ layer, document }: Read): PolicyLayerView {
  return Object.freeze({
    layer: layer.layer,
    name: layer.name,
    digest: policyDigest([{ layer: layer.layer, documents: [document] }]),
    rules: document.rules?.length ?? 0,
    ...(layer.text === undefined ? {} : { text: layer.text }),
  });
}

/** What loading a text would say of it, warnings too. Its digest is that of a server with this policy alone. */
export function checkPolicy(text: string, format: PolicyFormat = 'yaml'): PolicyReport {
  const { document, whole, diagnostics } = readDocument({ text, format });
  // Of a part of a document, or of rules that share a name, the lint would say what is not so of what was meant.
  const sound = whole && diagnostics.ok;
  if (document !== undefined) compileRules(document, 'server', diagnostics);
  if (document !== undefined && sound) {
    lintDocument(document, diagnostics);
    lintLayer(placed({ document, diagnostics }));
  }
  const { ok } = diagnostics;
  return Object.freeze({
    ok,
    ...(ok && document !== undefined
      ? { digest: policyDigest([{ layer: 'server', documents: [document] }]) }
      : {}),
    rules: document?.rules?.length ?? 0,
    diagnostics: diagnostics.list(),
  });
}
