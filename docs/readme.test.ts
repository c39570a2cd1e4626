/** Every code block of the README runs here, against a real sidecar on a free port. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRead } from '@portcullis/kernel';
import { createSidecar, type Listening } from '@portcullis/sidecar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ORDER } from '../packages/kernel/src/gate/order.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language, text]) => ({
  language: language ?? '',
  text: text ?? '',
}));
const of = (language: string): string[] =>
  blocks.filter((block) => block.language === language).map((block) => block.text);

let folder: string;
let sidecar: Listening;
const run = promisify(execFile);
const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
  PYTHONPATH: join(root, 'python'),
  PORTCULLIS_DATA_DIR: join(folder, 'data'),
  PORTCULLIS_URL: sidecar.url,
  PORTCULLIS_API_KEY: readFileSync(join(folder, 'data', 'api-key'), 'utf8').trim(),
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-readme-'));
  sidecar = await createSidecar({
    dataDir: join(folder, 'data'),
    startDir: root,
    port: 0,
  }).listen();
});
afterAll(async () => {
  await sidecar.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the README', () => {
  it('has no block that is not held to something here', () => {
    expect(blocks.map((block) => block.language).sort()).toEqual([
      'python',
      ...Array(4).fill('sh'),
      'text',
      'ts',
      'yaml',
    ]);
  });

  it('draws the gate in its order', () => {
    const [picture] = of('text') as [string];
    const drawn = [...picture.matchAll(/[─▶] (\w+)/g)].map(([, stage]) => stage as string);
    expect(drawn.slice(0, ORDER.length)).toEqual([...ORDER]);
  });

  it('names the two commands that are there, and the second is what CI runs', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(of('sh')[0]).toBe('npm install && npm start\nnpm install && npm test\n');
    expect(existsSync(join(root, scripts.start.split(' ')[1]))).toBe(true);
    expect(readFileSync(join(root, '.ci/run'), 'utf8')).toMatch(/npm install[^\n]*\nnpm test/);
  });

  it('reads a file and is denied another by curl', async () => {
    const { stdout } = await run('bash', ['-euc', of('sh')[1] as string], {
      cwd: root,
      env: environment(),
    });
    expect(stdout).toContain('"effect":"permit"');
    expect(stdout).toContain('"effect":"deny"');
    expect(stdout).toContain('"remedy"');
  });

  it('reads and is denied from Python', async () => {
    const { stdout } = await run('python3', ['-c', of('python')[0] as string], {
      cwd: root,
      env: environment(),
    });
    expect(stdout).toContain('# Portcullis');
    expect(stdout).toMatch(/no_matching_rule - \S+/);
  });

  it('shows what happened and verifies it', async () => {
    const block = (of('sh')[2] as string).replaceAll(
      'npx portcullis',
      'node packages/cli/src/portcullis.mjs',
    );
    const { stdout } = await run('bash', ['-euc', block], { cwd: root, env: environment() });
    expect(stdout).toContain('fs.read');
    expect(stdout).toContain('/etc/shadow');
  });

  it('tells its stories', async () => {
    const block = (of('sh')[3] as string).replaceAll(
      'npx portcullis',
      'node packages/cli/src/portcullis.mjs',
    );
    const { PORTCULLIS_URL: _, PORTCULLIS_API_KEY: __, ...env } = environment();
    const { stdout } = await run('bash', ['-euc', block], { cwd: root, env });
    expect(stdout).toContain('Found, in line');
    expect(stdout).toContain('to anna@harbour.example: The ferry');
  });

  it('works as a library', () => {
    const program = join(root, 'conformance', 'readme-block.tmp.ts');
    writeFileSync(program, of('ts')[0] as string);
    try {
      const stdout = execFileSync('node', [program], {
        cwd: root,
        env: environment(),
        encoding: 'utf8',
      });
      expect(stdout).toBe('permit ok\n');
    } finally {
      rmSync(program);
    }
  });

  it('shows the default policy as it is', () => {
    const text = workspaceRead('/start');
    const shown = of('yaml')[0] as string;
    for (const rule of shown.split(/^ {2}- /m).slice(1))
      expect(text).toContain(`  - ${rule.trimEnd()}`);
  });

  it('names a test for each promise, and every file that it links is there', () => {
    const tests = [...readme.matchAll(/^\| P\d+ \|.*`([^`]+)` \|$/gm)].map(
      ([, file]) => file ?? '',
    );
    expect(tests).toHaveLength(10);
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, file]) => file ?? '');
    for (const file of [...tests, ...links]) expect(existsSync(join(root, file)), file).toBe(true);
  });
});
