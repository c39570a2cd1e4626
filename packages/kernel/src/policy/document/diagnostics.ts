/** What is wrong with a document, and where: collected, never thrown, so that one reading names every mistake. */
import type { PolicyDiagnostic } from '@portcullis/wire';
import type { z } from 'zod';
import { formatPointer } from '../../action/json/pointer.ts';
import { suggest } from './suggest.ts';

export type Path = readonly (string | number)[];

/** 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where a value is in the text; its nearest ancestor where it is not there itself. */
export type Locate = (path: Path) => Position | undefined;

export class Diagnostics {
  readonly #locate: Locate;
  readonly #found: PolicyDiagnostic[] = [];

  constructor(locate: Locate = () => undefined) {
    this.#locate = locate;
  }

  error(
    code: string,
    path: Path,
    message: string,
    at: Position | undefined = this.#locate(path),
  ): void {
    this.#add('error', code, path, message, at);
  }

  warning(code: string, path: Path, message: string): void {
    this.#add('warning', code, path, message, this.#locate(path));
  }

  get ok(): boolean {
    return !this.#found.some((found) => found.severity === 'error');
  }

  /** In the order of the text; errors first where there is no text. */
  list(): readonly PolicyDiagnostic[] {
    return [...this.#found].sort(
      (a, b) =>
        (a.line ?? 0) - (b.line ?? 0) ||
        (a.column ?? 0) - (b.column ?? 0) ||
        a.severity.localeCompare(b.severity),
    );
  }

  #add(
    severity: PolicyDiagnostic['severity'],
    code: string,
    path: Path,
    message: string,
    at: Position | undefined,
  ): void {
    this.#found.push(
      Object.freeze({ severity, code, message, ...(at ?? {}), path: formatPointer(path) }),
    );
  }
}

/** Says every issue of the schema in the words of the language. */
export function reportIssues(
  issues: readonly z.core.$ZodIssue[],
  into: Diagnostics,
  at: Path = [],
): void {
  for (const issue of issues) {
    const path = [...at, ...(issue.path as Path)];
    switch (issue.code) {
      case 'unrecognized_keys': {
        const valid = issue.message.split(', ');
        for (const key of issue.keys) {
          const meant = suggest(key, valid);
          const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
          const message = `unknown key "${key}"${hint} Valid keys: ${issue.message}`;
          into.error('unknown_key', [...path, key], message.replace('" Valid', '". Valid'));
        }
        break;
      }
      case 'invalid_union':
        reportIssues(nearestBranch(issue.errors), into, path);
        break;
      case 'invalid_type':
        // A text holds no undefined: what has no value is not there.
        if (issue.input === undefined) {
          into.error('missing_key', path, `"${String(path.at(-1))}" is missing`);
        } else {
          into.error('wrong_type', path, plain(issue.message));
        }
        break;
      case 'invalid_value': {
        const valid = issue.values.map(String);
        const given = typeof issue.input === 'string' ? suggest(issue.input, valid) : undefined;
        const hint = given === undefined ? '' : `; did you mean ${given}?`;
        into.error('bad_value', path, `expected ${valid.join(', ')}${hint}`);
        break;
      }
      case 'invalid_key':
        reportIssues(issue.issues, into, path);
        break;
      case 'custom':
        into.error(String(issue.params?.code ?? 'bad_value'), path, plain(issue.message));
        break;
      default:
        into.error('bad_value', path, plain(issue.message));
    }
  }
}

/** Of the ways to read a value, the one that fails deepest is the one that was meant. */
function nearestBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] {
  const depth = (branch: readonly z.core.$ZodIssue[]): number =>
    Math.max(
      ...branch.map((issue) => {
        if (issue.code === 'invalid_union') return 0.6;
        return issue.path.length + (issue.code === 'invalid_type' ? 0 : 0.5);
      }),
    );
  const [first, ...others] = branches;
  if (first === undefined) return [];
  return others.reduce((best, branch) => (depth(branch) > depth(best) ? branch : best), first);
}

function plain(message: string): string {
  return message.replace(/^Invalid input: /, '');
}
