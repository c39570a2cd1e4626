/** What a user gets: the packages as `npm run pack` makes them, installed in a project outside the checkout, each with nothing but the dependencies it names. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Place, place } from '../packages/cli/src/testing/run.ts';
import { type Serving, serve } from '../packages/cli/src/testing/serving.ts';
import { pack } from './pack.ts';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);
const stated = process.env.PORTCULLIS_SIZE === 'stated';
const PATIENCE = 600_000;

const app = mkdtempSync(join(tmpdir(), 'portcullis-app-'));
const modules = join(app, 'node_modules');
const scope = join(modules, '@portcullis');

function link(name: string, into: string): void {
  mkdirSync(dirname(join(into, name)), { recursive: true });
  symlinkSync(join(root, 'node_modules', name), join(into, name));
}

function install(tarball: string): void {
  const folder = join(scope, /portcullis-(\w+)-/.exec(basename(tarball))?.[1] as string);
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components', '1', '-C', folder]);
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies))
    if (!isOurs(name)) link(name, join(folder, 'node_modules'));
}

const isOurs = (name: string): boolean => name.startsWith('@portcullis/');

let made: readonly string[];
let here: Place;
let sidecar: Serving;

beforeAll(async () => {
  made = pack(join(app, 'made'));
  for (const path of made) if (path.endsWith('.tgz')) install(path);
  link('@types/node', modules);
  writeFileSync(join(app, 'package.json'), '{"type": "commonjs"}');
  here = place(join(scope, 'cli/lib/portcullis.mjs'));
  writeFileSync(join(here.dir, 'notes.txt'), NOTE);
  await here.run(['init', '--yes']);
  sidecar = await serve(here, ['--config', 'portcullis.yaml']);
}, PATIENCE);

afterAll(async () => {
  await sidecar?.stop();
  await here?.clear();
  rmSync(app, { recursive: true, force: true });
});

/** A module: the same program over the wire and in-process, and a name of each package. */
const MODULE = `
import { loadConfiguration } from '@portcullis/cli';
import { connect, type Kernel } from '@portcullis/client';
import { createKernel, type Provider, ProviderError } from '@portcullis/kernel';
import { createSidecar } from '@portcullis/sidecar';
import type { Result } from '@portcullis/wire';

const policy = { version: 1, rules: [{ name: 'read', effect: 'permit', when: { action: 'fs.read' } }] };
const providers: readonly Provider[] = [];
const kernels: readonly Kernel[] = [await connect(), await createKernel({ policy, providers })];
for (const kernel of kernels) {
  const result: Result = await kernel.submit({ action: 'fs.read', resource: 'notes.txt' });
  console.log(result.frame?.data);
  await kernel.close();
}
export const all = [loadConfiguration, ProviderError, createSidecar];
`;

/** CommonJS: the client over the socket, and over fetch. */
const COMMONJS = `
async function read(): Promise<void> {
  const { connect } = await import('@portcullis/client');
  for (const options of [{}, { url: process.env.GATE ?? '', fetch }]) {
    const kernel = await connect(options);
    const { frame } = await kernel.submit({ action: 'fs.read', resource: 'notes.txt' });
    console.log(frame?.data);
    await kernel.close();
  }
}
void read();
`;

const NOTE = 'remember the milk';

/** What the compiler says to one who is as strict as can be, with the declarations of the packages too. */
async function compile(files: readonly string[], options: readonly string[]): Promise<string> {
  const strict = ['exactOptionalPropertyTypes', 'noUncheckedIndexedAccess', 'strict'];
  const args = [...strict.map((name) => `--${name}`), '--skipLibCheck', 'false'];
  const tsc = join(root, 'node_modules/.bin/tsc');
  const ran = run(tsc, [...args, '--target', 'es2022', ...options, ...files], { cwd: app });
  return (await ran.catch((error) => error)).stdout;
}

const execute = async (node: string, file: string): Promise<string> => {
  const env = { ...here.env, PORTCULLIS_DATA_DIR: here.dataDir, GATE: sidecar.url };
  return (await run(node, [join(app, file)], { cwd: here.dir, env })).stdout;
};

/** A Node with what the client needs says its version. */
const PROBE = 'AbortSignal.any && URL.canParse && process.version';
/** This Node and the machine's own, which may be an older one: version and path. */
const nodes = new Map(
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .filter((node) => existsSync(node))
    .concat(process.execPath)
    .map((node) => [spawnSync(node, ['-p', PROBE], { encoding: 'utf8' }).stdout, node] as const)
    .filter(([said]) => said?.startsWith('v')),
);

it('the tarballs hold no sources and no tests, and every file that they name', () => {
  const files = readdirSync(scope, { recursive: true, encoding: 'utf8' }).filter(
    (file) => !file.includes('node_modules'),
  );
  expect(files.filter((file) => /(?<!\.d)\.ts$|\.test\.|testing/.test(file))).toEqual([]);
  for (const file of files.filter((name) => /\.m?js$/.test(name))) {
    const asked = readFileSync(join(scope, file), 'utf8').matchAll(
      /new URL\('([^']+)', import\.meta\.url\)/g,
    );
    for (const [, path] of asked)
      expect(existsSync(join(scope, dirname(file), path as string)), `${file}: ${path}`).toBe(true);
  }
  for (const name of ['client', 'cli', 'kernel', 'sidecar', 'wire']) {
    const manifest = readFileSync(join(scope, name, 'package.json'), 'utf8');
    expect(JSON.parse(manifest).types).toBe('./lib/index.d.ts');
    const named = [...manifest.matchAll(/"\.\/(lib\/.*)"/g)].map(([, path]) => path as string);
    for (const path of [...named, 'LICENSE']) expect(files).toContain(join(name, path));
  }
});

it(
  'one installed without the others asks no registry for them: whoever has the name there would be run',
  async () => {
    for (const name of ['client', 'cli', 'kernel', 'sidecar', 'wire']) {
      const manifest = JSON.parse(readFileSync(join(scope, name, 'package.json'), 'utf8'));
      const { dependencies, peerDependencies = {}, peerDependenciesMeta = {}, version } = manifest;
      expect(Object.keys(dependencies).filter(isOurs)).toEqual([]);
      for (const [peer, range] of Object.entries(peerDependencies)) {
        expect([isOurs(peer), range]).toEqual([true, version]);
        expect(peerDependenciesMeta[peer]).toEqual({ optional: true });
      }
    }
    const alone = join(app, 'alone');
    mkdirSync(alone);
    writeFileSync(join(alone, 'package.json'), '{}');
    const client = made.find((path) => basename(path).startsWith('portcullis-client-')) as string;
    const args = ['install', '--offline', '--cache', join(alone, 'cache'), '--no-audit', client];
    await run('npm', args, { cwd: alone });
    expect(readdirSync(join(alone, 'node_modules/@portcullis'))).toEqual(['client']);
  },
  PATIENCE,
);

it('the pages name the tarballs so that npm takes each for a file: dist/x.tgz is a repository of who is called dist on GitHub', () => {
  const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
  const named = pages
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => readFileSync(join(root, name), 'utf8').match(/npm install .*\.tgz/g) ?? []);
  expect(named).not.toEqual([]);
  for (const line of named) expect(line).toMatch(/^npm install (?:-g )?(?:\.|PATH)\/\S+$/);
});

it.runIf(stated)(
  'made again they have the same bytes',
  () => {
    const bytes = (path: string): Buffer => readFileSync(path);
    expect(pack(join(app, 'again')).map(bytes)).toEqual(made.map(bytes));
  },
  PATIENCE,
);

it.each([
  ['nodenext'],
  ...(stated ? [['node16'], ['preserve', '--moduleResolution', 'bundler']] : []),
])(
  'programs compile with --module %s, and run, the client on every Node there is',
  async (...module) => {
    writeFileSync(join(app, 'module.mts'), MODULE);
    writeFileSync(join(app, 'commonjs.ts'), COMMONJS);
    const options = ['--types', 'node', '--module', ...module];
    expect(await compile(['module.mts', 'commonjs.ts'], options)).toBe('');
    expect(await execute(process.execPath, 'module.mjs')).toBe(`${NOTE}\n${NOTE}\n`);
    for (const node of nodes.values())
      expect(await execute(node, 'commonjs.js'), node).toBe(`${NOTE}\n${NOTE}\n`);
  },
  PATIENCE,
);

it(
  'the client needs no types of Node',
  async () => {
    writeFileSync(join(app, 'page.mts'), "export * from '@portcullis/client';");
    const options = ['--noEmit', '--lib', 'es2022,dom', '--types', '', '--module', 'preserve'];
    expect(await compile(['page.mts'], options)).toBe('');
  },
  PATIENCE,
);

it(
  'the command tests its policies, tells its story and verifies',
  async () => {
    const example = join(scope, 'cli/policies/example.yaml');
    for (const args of [['policy', 'test', example], ['demo'], ['verify']])
      expect(await here.run(args), args[0]).toMatchObject({ code: 0, err: '' });
  },
  PATIENCE,
);
