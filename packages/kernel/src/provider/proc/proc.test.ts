import { execFileSync, type StdioOptions, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@portcullis/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure, run, scratch } from '../testing/kit.ts';
import type { Provider } from '../types.ts';
import { createProcProvider, type ProcProviderOptions } from './index.ts';
import { probeSandbox } from './sandbox.ts';

const linux = process.platform === 'linux';
const sandboxed = probeSandbox().available;
if (!sandboxed) console.warn(`sandbox tests are skipped: ${probeSandbox().reason}`);

let base: ReturnType<typeof scratch>;
let ws: string;
let ours: string;
beforeEach(() => {
  base = scratch();
  ws = join(base.path, 'ws');
  ours = join(ws, 'data');
  mkdirSync(ours, { recursive: true });
  writeFileSync(join(ours, 'key'), 'OURS');
  writeFileSync(join(ws, 'policy.yaml'), 'POLICY');
});
afterEach(() => base.remove());

const RUNNERS = ['sh', 'bash', 'env', 'node', 'python', 'cat'];
const provider = (options: ProcProviderOptions = {}): Provider =>
  createProcProvider({
    startDir: ws,
    outOfReach: [ours, join(ws, 'policy.yaml')],
    allowRunners: RUNNERS,
    ...options,
  });

interface Output {
  exit_code: number;
  signal: string | null;
  stdout: string;
  stderr: string;
  truncated: { stdout: boolean; stderr: boolean };
}
const exec = async (proc: Provider, program: string, args: string[] = [], more: JsonObject = {}) =>
  (await run(proc, 'proc.exec', program, { args, ...more })).data as unknown as Output;
const sh = (proc: Provider, script: string, more: JsonObject = {}) =>
  exec(proc, 'sh', ['-c', script], more);

/** Processes of this machine that carry the mark in their arguments. */
function running(mark: string): number {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(mark)).length;
}
async function untilGone(mark: string): Promise<number> {
  const end = performance.now() + 60_000;
  let left = running(mark);
  while (left > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    left = running(mark);
  }
  return left;
}
let marks = 0;
/** A duration that no other process sleeps for. */
const mark = (): string => `98${process.pid}${marks++}`;

const MODES = [
  ...(sandboxed ? (['required'] as const) : []),
  ...(linux || process.platform === 'darwin' ? (['off'] as const) : []),
];

describe.each(MODES)('proc.exec with the sandbox %s', (sandbox) => {
  it('runs a program with its arguments as they are, and no shell', async () => {
    const args = ['-n', 'a b', '$HOME', '`id`', '*', ';id', '"', "'", '', 'é'];
    const proc = provider({ sandbox });
    const output = await run(proc, 'proc.exec', 'echo', { args });
    expect(output.data).toEqual({
      exit_code: 0,
      signal: null,
      stdout: args.slice(1).join(' '),
      stderr: '',
      truncated: { stdout: false, stderr: false },
    });
    expect(output.labels).toEqual([
      { source: 'proc', origin: 'echo', integrity: 'untrusted', confidentiality: 'private' },
    ]);
  });

  it('gives exit code and both outputs of a program that fails', async () => {
    const output = await sh(provider({ sandbox }), 'echo out; echo err >&2; exit 7');
    expect(output).toMatchObject({ exit_code: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  it('makes the environment, and takes only names that are allowed', async () => {
    process.env.PORTCULLIS_TEST_SECRET = 'hunter2';
    const proc = provider({ sandbox });
    const { stdout } = await exec(proc, 'env', [], { env: { TZ: 'UTC' } });
    delete process.env.PORTCULLIS_TEST_SECRET;
    expect(stdout).not.toContain('hunter2');
    const names = stdout.split('\n').map((line) => line.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ']));
    expect(
      names.filter(
        (name) => !['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ', 'PWD', ''].includes(name ?? ''),
      ),
    ).toEqual([]);
    for (const name of ['LD_PRELOAD', 'PATH', 'NODE_OPTIONS', 'BASH_ENV', 'GIT_SSH', '__proto__']) {
      const env = JSON.parse(`{"${name}":"x"}`);
      expect(await failure(proc, 'proc.exec', 'env', { env }), name).toMatchObject({
        code: 'provider_refused',
        effect: 'none',
      });
    }
  });

  it('closes standard input, or gives it a text', async () => {
    const proc = provider({ sandbox });
    expect(await exec(proc, 'cat')).toMatchObject({ exit_code: 0, stdout: '' });
    expect(await exec(proc, 'cat', [], { stdin: 'héllo' })).toMatchObject({ stdout: 'héllo' });
    // One that reads nothing of a large text is no fault.
    expect(await exec(proc, 'true', [], { stdin: 'x'.repeat(500_000) })).toMatchObject({
      exit_code: 0,
    });
  });

  it.runIf(linux)(
    'hands down no descriptor, not even one that this process was handed',
    async () => {
      // A child of ours with a descriptor that nobody marked, which in turn runs a program.
      const secret = join(ws, 'secret');
      writeFileSync(secret, 'SECRET');
      const script = `
      const { createProcProvider } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
      const proc = createProcProvider({ sandbox: '${sandbox}', startDir: ${JSON.stringify(ws)}, allowRunners: ['sh'] });
      const params = { args: ['-c', 'ls -l /proc/self/fd; cat <&9'] };
      const action = { name: 'proc.exec', resource: { kind: 'proc', value: 'sh' }, params };
      const { data } = await proc.execute(action, { signal: new AbortController().signal });
      process.stdout.write(data.stdout);`;
      const stdio = [
        'ignore',
        'pipe',
        'inherit',
        ...Array(6).fill('ignore'),
        openSync(secret, 'r'),
      ];
      const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        stdio: stdio as StdioOptions,
      });
      expect(child.stdout).toContain('/dev/null');
      expect(child.stdout).not.toContain('secret');
      expect(child.stdout).not.toContain('SECRET');
    },
  );

  it('starts in the start directory, or in one that is named', async () => {
    mkdirSync(join(ws, 'sub'));
    const proc = provider({ sandbox });
    expect((await exec(proc, 'pwd', ['-P'])).stdout).toBe(`${ws}\n`);
    expect((await exec(proc, 'pwd', ['-P'], { cwd: join(ws, 'sub') })).stdout).toBe(`${ws}/sub\n`);
    symlinkSync('/etc', join(ws, 'link'));
    for (const cwd of [
      join(ws, 'link'),
      join(ws, 'none'),
      ours,
      `${ws}/sub/..`,
      'sub',
      join(ws, 'policy.yaml'),
      '/proc',
    ]) {
      expect(await failure(proc, 'proc.exec', 'pwd', { cwd }), cwd).toMatchObject({
        effect: 'none',
      });
    }
  });

  it('keeps as much of each output as it may, and says so', async () => {
    const proc = provider({ sandbox, maxOutputBytes: 1_000 });
    const output = await sh(proc, 'head -c 5000 /dev/zero | tr "\\0" x; echo few >&2');
    expect(output.stdout).toBe('x'.repeat(1_000));
    expect(output).toMatchObject({ stderr: 'few\n', truncated: { stdout: true, stderr: false } });
    const bytes = (await run(proc, 'proc.exec', 'sh', { args: ['-c', 'printf "\\377\\376"'] }))
      .data;
    expect(bytes).toMatchObject({ stdout_base64: '//4=' });
  });

  it('stops a program that never stops writing', async () => {
    const proc = provider({ sandbox, maxOutputBytes: 1_000 });
    expect(await failure(proc, 'proc.exec', 'yes')).toMatchObject({
      code: 'output_too_large',
      effect: 'possible',
    });
  });

  it('kills the whole tree at the deadline', async () => {
    const proc = provider({ sandbox });
    const seconds = mark();
    const script = `sleep ${seconds} & (sleep ${seconds} & sleep ${seconds}) & trap "" TERM; sleep ${seconds}`;
    expect(
      await failure(proc, 'proc.exec', 'sh', { args: ['-c', script], timeout_ms: 400 }),
    ).toMatchObject({ code: 'timeout', effect: 'possible' });
    expect(await untilGone(seconds)).toBe(0);
  });

  it('kills what a program leaves behind, and does not wait for it', async () => {
    const proc = provider({ sandbox });
    const seconds = mark();
    // It sleeps for days: that there is an answer says that nobody waited.
    expect(await sh(proc, `sleep ${seconds} & echo done`)).toMatchObject({
      exit_code: 0,
      stdout: 'done\n',
    });
    expect(await untilGone(seconds)).toBe(0);
  });

  it('runs so many at once, and starts none whose time is over before its turn', async () => {
    const seconds = mark();
    const proc = provider({ sandbox, maxRunning: 1 });
    const controller = new AbortController();
    const first = failure(proc, 'proc.exec', 'sleep', { args: [seconds] }, controller.signal);
    const never = { args: ['never'], timeout_ms: 50 };
    expect(await failure(proc, 'proc.exec', 'echo', never)).toMatchObject({
      code: 'timeout',
      effect: 'none',
    });
    const waits = exec(proc, 'echo', ['its turn']);
    controller.abort();
    expect(await first).toMatchObject({ code: 'cancelled' });
    expect(await waits).toMatchObject({ stdout: 'its turn\n' });
  });

  it('kills it when the caller goes away', async () => {
    const proc = provider({ sandbox });
    const seconds = mark();
    const controller = new AbortController();
    const answer = failure(proc, 'proc.exec', 'sleep', { args: [seconds] }, controller.signal);
    while (running(seconds) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort();
    expect(await answer).toMatchObject({ code: 'cancelled', effect: 'possible' });
    expect(await untilGone(seconds)).toBe(0);
    expect(
      await failure(proc, 'proc.exec', 'sleep', { args: [seconds] }, AbortSignal.abort()),
    ).toMatchObject({ code: 'cancelled', effect: 'none' });
  });

  it('refuses programs that run others unless they are named', async () => {
    const proc = provider({ sandbox, allowRunners: ['git'] });
    for (const [program, args] of [
      ['sh', ['-c', 'id']],
      ['/bin/sh', ['-c', 'id']],
      ['env', ['id']],
      ['find', ['.', '-exec', 'id', ';']],
    ] as const) {
      const error = await failure(proc, 'proc.exec', program, { args: [...args] });
      expect(error).toMatchObject({ code: 'provider_refused', effect: 'none' });
      expect(error.message).toContain('runs other programs');
    }
    expect(await exec(proc, 'find', ['.', '-maxdepth', '0'])).toMatchObject({ stdout: '.\n' });
  });

  it('sees through a link to a program that runs others', async () => {
    const link = join(ws, 'innocent');
    symlinkSync('/bin/sh', link);
    const proc = provider({ sandbox, allowRunners: [] });
    expect(await failure(proc, 'proc.exec', link, { args: ['-c', 'id'] })).toMatchObject({
      code: 'provider_refused',
    });
  });

  it('runs programs by path: binaries, scripts, and those outside the system', async () => {
    const proc = provider({ sandbox });
    const script = join(ws, 'tool.sh');
    writeFileSync(script, '#!/bin/sh\necho "script $0 $1"\n');
    chmodSync(script, 0o755);
    expect(await exec(proc, script, ['x'])).toMatchObject({ stdout: `script ${script} x\n` });
    expect(await exec(proc, '/bin/echo', ['x'])).toMatchObject({ stdout: 'x\n' });
    const { stdout } = await exec(proc, process.execPath, [
      '-p',
      'process.argv0 + process.version',
    ]);
    expect(stdout).toBe(`${process.execPath}${process.version}\n`);
  });

  it.each([
    'nothing-of-this-name',
    '/nonexistent/x',
    '',
    '.',
    '..',
    'a\0b',
    './x',
    '/usr/bin/../bin/ls',
    '/usr/bin/',
    '/etc/passwd',
    '/usr/bin',
    '/dev/null',
    '/proc/self/exe',
  ])('refuses the program %j', async (program) => {
    const error = await failure(provider({ sandbox }), 'proc.exec', program);
    expect(error.effect).toBe('none');
    expect(error.message).not.toContain(base.path);
  });

  it('refuses a program that anybody may write, or that changes its user', async () => {
    const tool = join(ws, 'tool');
    writeFileSync(tool, '#!/bin/sh\n');
    const proc = provider({ sandbox });
    for (const mode of [0o777, 0o4755, 0o2755, 0o644]) {
      chmodSync(tool, mode);
      expect(await failure(proc, 'proc.exec', tool), mode.toString(8)).toMatchObject({
        code: 'provider_refused',
      });
    }
    chmodSync(tool, 0o755);
    chmodSync(ws, 0o777);
    expect(await failure(proc, 'proc.exec', tool)).toMatchObject({ code: 'provider_refused' });
    chmodSync(ws, 0o755);
  });

  it.each<[string, JsonObject]>([
    ['args', { args: 'x' }],
    ['args', { args: [1] }],
    ['args', { args: ['a\0b'] }],
    ['env', { env: [] }],
    ['env', { env: { TZ: 1 } }],
    ['env', { env: { TZ: 'a\0' } }],
    ['stdin', { stdin: 1 }],
    ['timeout_ms', { timeout_ms: 0 }],
    ['timeout_ms', { timeout_ms: 1e9 }],
  ])('refuses wrong %s: %j', async (_, params) => {
    expect(await failure(provider({ sandbox }), 'proc.exec', 'true', params)).toMatchObject({
      code: 'invalid_params',
      effect: 'none',
    });
  });

  it('says that nothing happened when the arguments are too long', async () => {
    const args = Array.from({ length: 3_000 }, () => 'x'.repeat(10_000));
    expect(await failure(provider({ sandbox }), 'proc.exec', 'true', { args })).toMatchObject({
      code: 'provider_error',
      effect: 'none',
    });
  });
});

describe.runIf(sandboxed)('inside the sandbox', () => {
  it('is nobody, with no rights, in namespaces of its own', async () => {
    const { stdout } = await sh(
      provider(),
      'id -u; grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status; ls /proc | grep -c "^[0-9]"; hostname; ps -o sid= -p $$ 2>/dev/null || true',
    );
    expect(stdout).toMatch(/^65534\nCapBnd:\t0+\n|^65534\nCapEff:\t0+/);
    expect(stdout).toContain('NoNewPrivs:\t1');
    expect(stdout).not.toMatch(/Cap\w+:\t0*[1-9a-f]/);
    expect(stdout).toContain('sandbox');
    const own = execFileSync('readlink', ['/proc/self/ns/pid'], { encoding: 'utf8' }).trim();
    for (const namespace of ['user', 'pid', 'net', 'ipc', 'uts', 'mnt']) {
      const { stdout: inside } = await sh(provider(), `readlink /proc/self/ns/${namespace}`);
      const outside = execFileSync('readlink', [`/proc/self/ns/${namespace}`], {
        encoding: 'utf8',
      });
      expect(inside, namespace).not.toBe(outside);
    }
    expect(own).not.toBe('');
    expect((await sh(provider(), 'unshare -U true')).exit_code).not.toBe(0);
  });

  it('sees no home, no data dir, no policy, no run, and the workspace read-only', async () => {
    const script = [
      `ls -A ${homedir()} 2>/dev/null | wc -l`,
      `ls -A ${ours} | wc -l`,
      `cat ${join(ws, 'policy.yaml')} | wc -c`,
      'ls -A /run | wc -l',
      'ls /etc | grep -cE "^(shadow|gshadow|sudoers)$"',
      `touch ${ws}/x 2>/dev/null; echo $?`,
      `touch /usr/x /etc/x 2>/dev/null; echo $?`,
      'cat /etc/passwd | cut -d: -f1',
    ].join('; ');
    const { stdout } = await sh(provider(), script);
    expect(stdout.split('\n')).toEqual(['0', '0', '0', '0', '0', '1', '1', 'sandbox', '']);
    expect(readFileSync(join(ours, 'key'), 'utf8')).toBe('OURS');
  });

  it('writes only where the configuration says, and never into what is ours', async () => {
    const out = join(ws, 'out');
    mkdirSync(out);
    const proc = provider({ sandboxPolicy: { read: [ws], write: [out] } });
    expect((await sh(proc, `echo hi > ${out}/f && cat ${out}/f`)).stdout).toBe('hi\n');
    expect(readFileSync(join(out, 'f'), 'utf8')).toBe('hi\n');
    expect((await sh(proc, `touch ${ws}/g`)).exit_code).not.toBe(0);
    const all = provider({ sandboxPolicy: { write: [ws] } });
    const { stdout } = await sh(
      all,
      `echo x > ${ws}/g; echo y > ${ours}/key; echo z > ${ws}/policy.yaml; rm -rf ${ours}; ls ${ws}`,
    );
    expect(stdout).toContain('g\n');
    expect(readFileSync(join(ours, 'key'), 'utf8')).toBe('OURS');
    expect(readFileSync(join(ws, 'policy.yaml'), 'utf8')).toBe('POLICY');
  });

  it('lets nobody move what is ours out of the way and put something else there', async () => {
    const deep = join(ws, 'a', 'b', 'policy.yaml');
    mkdirSync(join(ws, 'a', 'b'), { recursive: true });
    writeFileSync(deep, 'POLICY');
    const proc = provider({ outOfReach: [deep], sandboxPolicy: { write: [ws] } });
    const script = `mv ${ws}/a ${ws}/x; mv ${ws}/a/b ${ws}/a/x; rm -rf ${ws}/a; mkdir -p ${ws}/a/b; echo mine > ${deep}; echo there > ${ws}/a/other`;
    await sh(proc, script);
    expect(readFileSync(deep, 'utf8')).toBe('POLICY');
    expect(readFileSync(join(ws, 'a', 'other'), 'utf8')).toBe('there\n');
  });

  it('runs nothing while what is ours is gone from where a program could put its own', async () => {
    const policy = join(ws, 'policy.yaml');
    const proc = provider({ sandboxPolicy: { write: [ws] } });
    renameSync(policy, `${policy}.old`);
    expect(
      await failure(proc, 'proc.exec', 'sh', { args: ['-c', `echo mine > ${policy}`] }),
    ).toMatchObject({ code: 'sandbox_unavailable', effect: 'none' });
    expect(existsSync(policy)).toBe(false);
    renameSync(`${policy}.old`, policy);
    expect((await sh(proc, 'echo fine')).stdout).toBe('fine\n');
  });

  it('leaves nothing that a program put where nothing was and nothing may be', async () => {
    const config = join(ws, 'portcullis.yaml');
    const hooks = join(ws, '.git', 'hooks');
    const proc = provider({ outOfReach: [config, hooks], sandboxPolicy: { write: [ws] } });
    await sh(
      proc,
      `echo mine > ${config}; mkdir -p ${hooks}; echo x > ${hooks}/pre-commit; echo y > ${ws}/.git/HEAD`,
    );
    expect(existsSync(config)).toBe(false);
    expect(existsSync(hooks)).toBe(false);
    expect(readFileSync(join(ws, '.git', 'HEAD'), 'utf8')).toBe('y\n');
    // Nothing is lost: it stands beside its place.
    const aside = readdirSync(ws).filter((name) => name.startsWith('portcullis.yaml.refused-'));
    expect(aside.map((name) => readFileSync(join(ws, name), 'utf8'))).toEqual(['mine\n']);
    // By way of a link, and to nowhere.
    rmSync(join(ws, '.git'), { recursive: true });
    await sh(
      proc,
      `mkdir -p ${ws}/elsewhere/hooks; ln -s elsewhere ${ws}/.git; ln -s nowhere ${config}`,
    );
    expect(existsSync(hooks)).toBe(false);
    expect(existsSync(join(ws, 'elsewhere', 'hooks'))).toBe(true);
    expect(lstatSync(config, { throwIfNoEntry: false })).toBeUndefined();
    // Also where the program has to be killed.
    await failure(proc, 'proc.exec', 'sh', {
      args: ['-c', `echo mine > ${config}; sleep 30`],
      timeout_ms: 500,
    });
    expect(existsSync(config)).toBe(false);
  });

  it('leaves nothing of what a program goes on putting there while it ends', async () => {
    const config = join(ws, 'portcullis.yaml');
    const proc = provider({ outOfReach: [config], sandboxPolicy: { write: [ws] } });
    const busy = `while :; do echo mine > ${config}; rm -f ${ws}/*.refused-*; done`;
    for (const end of ['sleep 0.05', 'sleep 30']) {
      for (let i = 0; i < 6; i += 1) {
        const args = ['-c', `(${busy}) >/dev/null 2>&1 & (${busy}) >/dev/null 2>&1 & ${end}`];
        await run(proc, 'proc.exec', 'sh', { args, timeout_ms: 150 }).catch(() => undefined);
        expect(existsSync(config), `${end}, ${i}`).toBe(false);
        // Nor a moment later.
        await new Promise((wake) => setTimeout(wake, 5));
        expect(existsSync(config), `${end}, ${i}`).toBe(false);
      }
    }
  });

  it('keeps what is shown for reading so, within what may be written', async () => {
    const deep = join(ws, 'a', 'ro', 'policy.yaml');
    mkdirSync(join(ws, 'a', 'ro'), { recursive: true });
    writeFileSync(deep, 'POLICY');
    const sandboxPolicy = { write: [ws], read: [join(ws, 'a', 'ro')] };
    const proc = provider({ outOfReach: [deep], sandboxPolicy });
    await sh(
      proc,
      `mv ${ws}/a ${ws}/x; mkdir -p ${ws}/a/ro; echo mine > ${deep}; echo x > ${ws}/a/ro/f`,
    );
    expect(readFileSync(deep, 'utf8')).toBe('POLICY');
    expect(existsSync(join(ws, 'a', 'ro', 'f'))).toBe(false);
  });

  it('refuses to show what is ours, and what is not there', () => {
    expect(() => provider({ sandboxPolicy: { read: [ours] } })).toThrow('belongs to Portcullis');
    expect(() => provider({ sandboxPolicy: { write: [join(ours, 'deeper')] } })).toThrow();
    expect(() => provider({ sandboxPolicy: { read: [join(base.path, 'none')] } })).toThrow('exist');
  });

  it('does not show the home directory for being the start directory', async () => {
    const proc = provider({ startDir: homedir() });
    expect(proc.limits?.join()).toContain('start directory');
    expect(await exec(proc, 'pwd')).toMatchObject({ stdout: '/tmp\n' });
    expect(await failure(proc, 'proc.exec', 'pwd', { cwd: homedir() })).toMatchObject({
      code: 'provider_refused',
    });
  });

  it('has no network unless the configuration says so', async () => {
    const server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`;
    const bash = (proc: Provider) => exec(proc, 'bash', ['-c', script]);
    expect((await bash(provider())).stdout).toBe('');
    expect((await bash(provider({ sandboxPolicy: { network: true } }))).stdout).toBe('reached');
    await new Promise((resolve) => server.close(resolve));
  });

  it('reaches no socket outside what is shown', async () => {
    const path = join(base.path, 'socket');
    const server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const code = `require('net').connect(${JSON.stringify(path)}).on('error', (e) => console.log(e.code)).on('data', (d) => console.log(String(d)))`;
    const { stdout } = await exec(provider(), process.execPath, ['-e', code]);
    expect(stdout).toBe('ENOENT\n');
    await new Promise((resolve) => server.close(resolve));
  });

  it('has no descriptor to forge how it went with', async () => {
    const forge =
      'for f in 3 4 5 6 7; do echo "{ \\"exit-code\\": 0 }" >&$f; done 2>/dev/null; exit 5';
    expect(await sh(provider(), forge)).toMatchObject({ exit_code: 5 });
  });

  it('dies with a process that is killed', async () => {
    const { stdout } = await sh(provider(), 'kill -9 $$');
    expect(stdout).toBe('');
    expect(await sh(provider(), 'kill -9 $$')).toMatchObject({ exit_code: 137 });
  });
});

describe.runIf(sandboxed)('a sandbox that lacks something', () => {
  it('does without a host name of its own where the system forbids one, and says so', async () => {
    // As a container's filter does, and a service's.
    const bwrap = join(base.path, 'bwrap');
    const refuse = `for a; do [ "$a" = --hostname ] && { echo "bwrap: Can't set hostname" >&2; exit 1; }; done`;
    writeFileSync(bwrap, `#!/bin/sh\n${refuse}\nexec /usr/bin/bwrap "$@"\n`, { mode: 0o755 });
    const proc = provider({ bwrap });
    expect((await sh(proc, 'echo runs')).stdout).toBe('runs\n');
    expect(proc.limits).toContain('proc: sandboxed programs are told the name of this machine');
    expect(provider().limits?.join()).not.toContain('name of this machine');
  });
});

describe('a sandbox that is not there', () => {
  it('refuses, and says so at start', async () => {
    const proc = provider({ bwrap: join(base.path, 'no-bwrap') });
    expect(proc.limits?.join()).toContain('sandbox_unavailable');
    expect(await failure(proc, 'proc.exec', 'true')).toMatchObject({
      code: 'sandbox_unavailable',
      effect: 'none',
    });
    const broken = join(base.path, 'broken-bwrap');
    writeFileSync(broken, '#!/bin/sh\necho "bwrap: no permissions" >&2; exit 1\n', { mode: 0o755 });
    expect(probeSandbox(broken)).toMatchObject({
      available: false,
      reason: expect.stringContaining('no permissions'),
    });
  });

  it('shows everywhere that it is off', () => {
    expect(provider({ sandbox: 'off' }).limits?.join()).toContain('the sandbox is off');
    expect(existsSync('/proc/self')).toBe(linux);
  });
});
