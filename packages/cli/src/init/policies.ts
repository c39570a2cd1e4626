/** The policies that `init` can begin with: the worked examples, their workspace replaced by the user's own. */
import { existsSync, readFileSync } from 'node:fs';

export const WORKED = Object.freeze({
  restrictive: 'read the start directory, nothing else',
  example: 'read the start directory, write below output/, look at git, GET one API',
  permissive: 'work in the start directory, run its tools in the sandbox, GET the public web',
});

/** In the package where it was packed, else at the top of the checkout. */
const FOLDER = ['../../policies/', '../../../../policies/']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url));

export type WorkedPolicy = keyof typeof WORKED;

export const isWorked = (name: string): name is WorkedPolicy => Object.hasOwn(WORKED, name);

/** The text, for agents that work in `startDir`. */
export function policyText(name: WorkedPolicy, startDir: string): string {
  // A pattern in a double-quoted YAML scalar: first as the pattern language escapes, then as YAML does.
  const literal = startDir === '/' ? '' : startDir.replace(/[\\*?[\]{}]/g, '\\$&');
  const quoted = JSON.stringify(literal).slice(1, -1);
  return readFileSync(new URL(`${name}.yaml`, FOLDER), 'utf8').replaceAll(
    '/workspace',
    () => quoted,
  );
}
