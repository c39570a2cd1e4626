// What others build on, frozen: codes with status and retry class, routes, exported names. A change here is a change of the contract:
// additions are made on purpose (`vitest run conformance/src/surface -u` and a look at the difference), the rest needs a new version.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as client from '@portcullis/client';
import * as kernel from '@portcullis/kernel';
import * as sidecar from '@portcullis/sidecar';
import { expect, test } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));
const pin = (name: string, value: unknown) =>
  expect(`${JSON.stringify(value, undefined, 2)}\n`).toMatchFileSnapshot(
    join(here, '..', 'surface', `${name}.json`),
  );

/** The names that an index exports, types too: read from its text, where each stands by name. */
function exportsOf(name: string, folder = 'src'): string[] {
  const text = readFileSync(join(here, '..', '..', 'packages', name, folder, 'index.ts'), 'utf8');
  const names: string[] = [];
  for (const [, list] of text.matchAll(/export (?:type )?\{([^}]*)\}/g))
    for (const item of (list ?? '').split(',')) {
      const exported = item.trim().split(' as ').at(-1)?.trim();
      if (exported) names.push(exported.replace(/^type /, ''));
    }
  expect(text, 'every name is listed').not.toMatch(/export \*/);
  return names.sort();
}

test('codes, their status, title and retry class', async () => {
  await pin('codes', kernel.CODES);
});

test('routes and who may call them', async () => {
  const routes = sidecar.ROUTES.map(
    ({ method, path, access }) => `${method} ${path}: ${[access].flat().join(', ') || 'any key'}`,
  );
  await pin('routes', routes);
});

test('names that packages export', async () => {
  await pin('exports', {
    wire: exportsOf('wire'),
    kernel: [
      ...exportsOf('kernel'),
      ...exportsOf('kernel', 'src/time').map((name) => `time/${name}`),
    ],
    client: exportsOf('client'),
    sidecar: exportsOf('sidecar'),
  });
});

test('what the indexes list is what there is', () => {
  for (const [name, module] of Object.entries({ client, kernel, sidecar }))
    for (const value of Object.keys(module)) expect(exportsOf(name), name).toContain(value);
});
