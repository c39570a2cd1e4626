/**
 * `npm run pack`: what is installed outside a checkout, in `dist/`. A tarball of each npm package, compiled, since Node strips no types below
 * `node_modules`, and the wheel and the source archive of the Python client. Needs no network; the same sources give the same bytes.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const PYTHON =
  'import sys, portcullis_build as build; build.build_wheel(sys.argv[1]); build.build_sdist(sys.argv[1])';

function run(command: string, args: readonly string[], cwd = root): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Types are `npm run typecheck`'s. Gives back the paths of what it made in the directory `out`. */
export function pack(out: string): readonly string[] {
  mkdirSync(out, { recursive: true });
  const stage = mkdtempSync(join(out, '.stage-'));
  try {
    const options = ['-p', 'tsconfig.pack.json', '--noCheck', '--outDir', stage];
    run(join(root, 'node_modules/.bin/tsc'), options);
    const folders = readdirSync(stage).map((name) => complete(name, join(stage, name)));
    run('npm', ['pack', '--silent', '--pack-destination', out, ...folders]);
  } finally {
    rmSync(stage, { recursive: true });
  }
  run('python3', ['-B', '-c', PYTHON, out], join(root, 'python/build_backend'));
  return readdirSync(out).map((name) => join(out, name));
}

/** Makes a package of what the compiler wrote to `folder`. */
function complete(name: string, folder: string): string {
  const source = join(root, 'packages', name);
  const lib = join(folder, 'lib');
  renameSync(join(folder, 'src'), lib);
  // The compiler renames in imports; the URLs of workers and the declarations are left.
  for (const file of readdirSync(lib, { recursive: true, encoding: 'utf8' })) {
    const path = join(lib, file);
    if (/\.m?[jt]s$/.test(path))
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace(/(['"])(\.{1,2}\/[^'"\n]*)\.ts\1/g, '$1$2.js$1'),
      );
  }
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published(manifest), null, 2)}\n`);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  // What `init` and people begin with.
  if (name === 'cli')
    cpSync(join(root, 'policies'), join(folder, 'policies'), {
      recursive: true,
      filter: (path) => !path.endsWith('.test.ts'),
    });
  return folder;
}

type Texts = Readonly<Record<string, string>>;

interface Manifest {
  readonly private: boolean;
  readonly version: string;
  readonly bin?: Texts;
  readonly exports: Texts;
  readonly dependencies: Texts;
}

function published({ private: _, ...manifest }: Manifest): object {
  const { version, bin, exports, dependencies } = manifest;
  const others = kept(dependencies, (range) => range === OURS);
  const built = (path: string): string => path.replace('./src/', './lib/').replace(/\.ts$/, '');
  const faces = mapped(exports, (path) => ({
    types: `${built(path)}.d.ts`,
    default: `${built(path)}.js`,
  }));
  return {
    ...manifest,
    bin: bin && mapped(bin, built),
    exports: faces,
    // For compilers that read no `exports`.
    types: faces['.']?.types,
    dependencies: kept(dependencies, (range) => range !== OURS),
    // The others of the workspace, which are made together. Optional peers, for npm fetches no such thing: nobody owns the names in the registry.
    peerDependencies: mapped(others, () => version),
    peerDependenciesMeta: mapped(others, () => ({ optional: true })),
  };
}

/** The range of what is made here. */
const OURS = '*';

const kept = (texts: Texts, isKept: (text: string) => boolean): Texts =>
  Object.fromEntries(Object.entries(texts).filter(([, text]) => isKept(text)));

const mapped = <T>(texts: Texts, to: (text: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, to(text)]));

if (import.meta.main) {
  const dist = join(root, 'dist');
  rmSync(dist, { recursive: true, force: true });
  for (const path of pack(dist)) console.log(relative(process.cwd(), path));
}
