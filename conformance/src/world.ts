/** The world of one case: its directories, files, clock, HTTP server and providers; and the steps that change them. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HostOptions, PolicyOption } from '@portcullis/kernel';
import type { Json, JsonObject } from '@portcullis/wire';
import { canaryVariables } from './canaries.ts';
import type { FileSpec, Setup } from './case.ts';
import { fill } from './case.ts';
import { testProvider } from './provider.ts';
import { type CaseServer, startServer } from './server.ts';
import { tamper } from './tamper.ts';

export class World {
  readonly root: string;
  readonly dir: string;
  readonly outside: string;
  readonly dataDir: string;
  readonly setup: Setup;
  readonly #ran: Record<string, number> = {};
  #clock: number | undefined;
  #server: CaseServer | undefined;

  private constructor(setup: Setup) {
    this.root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'conformance-')));
    this.dir = join(this.root, 'work');
    this.outside = join(this.root, 'outside');
    this.dataDir = join(this.root, 'data');
    fs.mkdirSync(this.dir);
    fs.mkdirSync(this.outside);
    this.setup = setup;
    if (setup.clock !== undefined) this.#clock = Date.parse(setup.clock);
  }

  static async open(setup: Setup): Promise<World> {
    const world = new World(setup);
    if (setup.http) world.#server = await startServer();
    for (const [base, files] of [
      [world.outside, setup.outside],
      [world.dir, setup.files],
    ] as const)
      for (const [path, file] of Object.entries(files ?? {}))
        make(join(base, path), fill(file as Json, world.variables) as FileSpec);
    return world;
  }

  /** How often each action of `test` ran. */
  get ran(): Readonly<Record<string, number>> {
    return this.#ran;
  }

  get variables(): JsonObject {
    return {
      ...canaryVariables,
      dir: this.dir,
      outside: this.outside,
      data: this.dataDir,
      http: this.#server?.authority ?? '127.0.0.1:1',
      http_port: this.#server?.authority.split(':')[1] ?? '1',
    };
  }

  hostOptions(): HostOptions {
    const { setup } = this;
    const policy = fill(setup.policy ?? null, this.variables);
    return {
      ...(policy === null ? {} : { policy: this.#policyOption(policy) }),
      ...(setup.durable ? { dataDir: this.dataDir } : {}),
      ...(setup.mode === undefined ? {} : { mode: setup.mode }),
      ...(setup.sandbox === undefined ? {} : { sandbox: setup.sandbox }),
      ...(setup.permit_ttl === undefined ? {} : { permitTtl: setup.permit_ttl }),
      ...(setup.report_within === undefined ? {} : { reportWithin: setup.report_within }),
      ...(setup.frame === undefined ? {} : { frame: setup.frame }),
      ...(setup.grants === undefined
        ? {}
        : { grants: setup.grants as NonNullable<HostOptions['grants']> }),
      ...(setup.drift === undefined
        ? {}
        : { drift: setup.drift as NonNullable<HostOptions['drift']> }),
      ...(setup.labels === undefined ? {} : { labels: { objects: setup.labels } }),
      startDir: this.dir,
      privateHosts:
        setup.private_hosts ?? (this.#server === undefined ? [] : [this.#server.authority]),
      providers: [testProvider(this.#ran)],
      now: () => this.#clock ?? Date.now(),
    };
  }

  /** `{managed: text}` and `{file: text}` become files, written once: what a case replaced is there after a restart. */
  #policyOption(policy: Json): PolicyOption {
    const { managed, file } = policy as { managed?: string; file?: string };
    const text = managed ?? file;
    if (text === undefined) return policy as PolicyOption;
    const path = join(this.root, 'policy.yaml');
    if (!fs.existsSync(path)) fs.writeFileSync(path, text, { mode: 0o600 });
    return managed === undefined ? { file: path } : { managed: path };
  }

  /** Steps of verb `world`, but `restart`, which belongs to whoever holds the kernel. */
  act(request: JsonObject): Json {
    const path = (name: string): string => join(this.dir, String(request[name]));
    if (request.clock !== undefined) this.#clock = Date.parse(String(request.clock));
    if (request.advance !== undefined)
      this.#clock = (this.#clock ?? Date.now()) + Number(request.advance);
    if (request.file !== undefined) make(path('file'), request.is as FileSpec);
    if (request.remove !== undefined) fs.rmSync(path('remove'), { recursive: true, force: true });
    if (request.look !== undefined) return look(path('look'));
    if (request.tamper !== undefined) tamper(join(this.dataDir, 'journal'), String(request.tamper));
    return { hits: this.#server?.hits ?? [], ran: { ...this.#ran } };
  }

  async close(): Promise<void> {
    await this.#server?.close();
    fs.rmSync(this.root, { recursive: true, force: true });
  }
}

function make(path: string, file: FileSpec): void {
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.rmSync(path, { recursive: true, force: true });
  if (typeof file === 'string') fs.writeFileSync(path, file);
  else if ('base64' in file) fs.writeFileSync(path, Buffer.from(file.base64, 'base64'));
  else if ('size' in file) {
    fs.writeFileSync(path, '');
    fs.truncateSync(path, file.size);
  } else if ('symlink' in file) fs.symlinkSync(file.symlink, path);
  else if ('hardlink' in file) fs.linkSync(join(dirname(path), file.hardlink), path);
  else if ('fifo' in file) execFileSync('/usr/bin/mkfifo', [path]);
  else fs.mkdirSync(path, { recursive: true });
}

function look(path: string): Json {
  const found = fs.lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { exists: false };
  if (found.isDirectory()) return { exists: true, entries: fs.readdirSync(path).sort() };
  if (found.isSymbolicLink()) return { exists: true, symlink: fs.readlinkSync(path) };
  return found.isFile() && found.size <= 1 << 20
    ? { exists: true, text: fs.readFileSync(path, 'utf8'), size: found.size }
    : { exists: true, size: found.size };
}
