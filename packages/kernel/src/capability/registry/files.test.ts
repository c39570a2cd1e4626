/** Files of definitions: every mistake with its line and column, YAML and JSON alike, and never half a set. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHost } from '../../kernel.ts';
import { ownerCaller } from '../../owner.ts';
import { readCapabilityFiles } from './files.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-capabilities-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const file = (text: string, name = 'capabilities.yaml'): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};
const mistakes = (...texts: string[]): string => {
  try {
    readCapabilityFiles(texts.map((text, i) => file(text, `${i}.yaml`)));
  } catch (error) {
    return (error as { mistakes: string[] }).mistakes.join('\n').replaceAll(`${dir}/`, '');
  }
  throw new Error('it was read');
};

const GOOD = `version: 1
capabilities:
  - id: crm.refund
    name: Refund
    description: Pay money back.
    action: issue_refund
    safety: write
    rate: {max: 5, per: 1h}
    args: {type: object, properties: {amount: {type: number}}}
`;

test('YAML and JSON say the same', () => {
  const yaml = readCapabilityFiles([file(GOOD)]);
  const json = JSON.stringify({ version: 1, capabilities: yaml });
  expect(readCapabilityFiles([file(json, 'c.json')])).toEqual(yaml);
  expect(yaml[0]).toMatchObject({ id: 'crm.refund', rate: { max: 5, per: '1h' } });
  expect(readCapabilityFiles([file('version: 1')])).toEqual([]);
  expect(readCapabilityFiles([file('')])).toEqual([]);
});

test.each([
  ['a typo', GOOD.replace('safety', 'saftey'), /0\.yaml:7:5 .*did you mean "safety"/],
  [
    'a missing member',
    GOOD.replace('    action: issue_refund\n', ''),
    /0\.yaml:3:5 .*"action" is missing/,
  ],
  [
    'a word that is none',
    GOOD.replace('write', 'writ'),
    /:7:5 .*expected read, write, destructive; did you mean write/,
  ],
  ['a rate of nothing', GOOD.replace('max: 5', 'max: 0'), /:8:12 .*\/rate\/max/],
  ['a window of nothing', GOOD.replace('1h', '0s'), /:8:20 .*a number with a unit/],
  ['a schema that is none', GOOD.replace('type: number', 'type: nmber'), /:9:5 .*\/args/],
  [
    'a schema that leaves the document',
    GOOD.replace('{type: number}', '{$ref: "https://a.example/b"}'),
    /:9:5 .*\/args/,
  ],
  ['an id in capitals', GOOD.replace('crm.refund', 'CRM'), /:3:5 .*lower-case/],
  ['another version', GOOD.replace('version: 1', 'version: 2'), /:1:1 .*version 1/],
  ['no version', GOOD.replace('version: 1\n', ''), /version 1/],
  ['an unknown key above', `${GOOD}tools: []\n`, /:10:1 .*unknown key "tools"/],
  ['a key twice', GOOD.replace('    name', '    id: x\n    name'), /:4:5/],
  ['a map for the list', 'version: 1\ncapabilities: {a: 1}', /:2:1 .*a list of definitions/],
  ['a list for the file', '- version: 1', /a map of version and capabilities/],
  ['a text for a definition', 'version: 1\ncapabilities: [x]', /:2:16 /],
  ['broken YAML', 'version: 1\ncapabilities: [', /0\.yaml:\d+:\d+/],
  ['an alias bomb', `a: &a [x,x]\nb: &b [${'*a,'.repeat(60)}]\nc: [${'*b,'.repeat(60)}]\n`, /lias/],
])('%s', (_, text, expected) => expect(mistakes(text)).toMatch(expected));

test('all mistakes of all files at once, two of one id among them', () => {
  const said = mistakes(GOOD, GOOD.replace('safety', 'saftey').replace('name:', 'nam:'));
  expect(said).toMatch(/1\.yaml:3:5 .*crm\.refund stands in .*0\.yaml:3/);
  expect(said).toMatch(/1\.yaml:4:5 .*"nam"/);
  expect(said).toMatch(/1\.yaml:7:5 .*"saftey"/);
});

test('a file that is not there is a mistake like another', () => {
  expect(() => readCapabilityFiles([join(dir, 'none.yaml')])).toThrow(/none\.yaml:1:1 .*ENOENT/);
});

test('whatever a file holds, it is read or refused with a place', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
      try {
        readCapabilityFiles([file(text, 'any.yaml')]);
      } catch (error) {
        expect((error as Error).message).toMatch(/any\.yaml:\d+:\d+ {2}\//);
      }
    }),
    { numRuns: 150 },
  );
});

test('a kernel starts with them, and does not start with a mistake; no action reaches the file', async () => {
  const path = join(dir, 'kernel.yaml');
  writeFileSync(path, GOOD);
  const options = { capabilityFiles: [path], startDir: dir };
  const host = await openHost(options);
  const kernel = host.as(ownerCaller(undefined));
  const found = (await kernel.capabilities()).find(({ id }) => id === 'crm.refund');
  expect(found).toMatchObject({ source: 'configuration', status: 'active' });
  expect((await kernel.submit({ action: 'fs.read', resource: path })).outcome.status).not.toBe(
    'ok',
  );
  await host.close();
  writeFileSync(path, GOOD.replace('safety', 'saftey'));
  await expect(openHost(options)).rejects.toThrow(/kernel\.yaml:3:5/);
  writeFileSync(path, GOOD.replace('crm.refund', 'file.read'));
  await expect(openHost(options)).rejects.toThrow(/file\.read is there already/);
});
