/** Boxes that would take the host down: too many processes, too much memory, files without end, and what outlives its box. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, scratch } from '../testing/kit.ts';
import type { Provider } from '../types.ts';
import { limitsProcesses } from './bounds.ts';
import { boxOf } from './box.ts';
import { createProcProvider, type ProcProviderOptions } from './index.ts';
import { probeSandbox } from './sandbox.ts';

const MIB = 1024 * 1024;

let base: ReturnType<typeof scratch>;
let ws: string;
beforeEach(() => {
  base = scratch();
  ws = join(base.path, 'ws');
  mkdirSync(ws);
});
afterEach(() => base.remove());

interface Output {
  exit_code: number;
  limit?: string;
  stdout: string;
  stderr: string;
}
const provider = (options: ProcProviderOptions = {}): Provider =>
  createProcProvider({ startDir: ws, allowRunners: ['sh', 'node', 'python', 'perl'], ...options });
const exec = async (proc: Provider, program: string, args: string[]) =>
  (await run(proc, 'proc.exec', program, { args, timeout_ms: 150_000 })).data as unknown as Output;
const sh = (proc: Provider, script: string) => exec(proc, 'sh', ['-c', script]);
const node = (proc: Provider, script: string) => exec(proc, process.execPath, ['-e', script]);

it.each([
  ['5.14.0-362.el9', 1000, true],
  ['6.1.0-18-amd64', 1000, true],
  ['5.10.0-28-amd64', 1000, false],
  ['4.18.0', 1000, false],
  ['odd', 1000, false],
  ['6.1.0', 0, false],
])(
  'leaves counting processes to the kernel where that counts a box: %s as %i',
  (kernel, uid, does) => {
    expect(limitsProcesses(kernel, uid)).toBe(does);
  },
);

it.runIf(existsSync('/proc/self/stat'))(
  'measures no box that still stands among the processes of the host',
  () => {
    const child = spawn('sleep', ['30'], { stdio: 'ignore' });
    const box = boxOf(child.pid as number);
    expect(box?.isThere()).toBe(true);
    expect(box?.reached({ memory: 1, processes: 1, file: 1, cpu: 0 })).toBeUndefined();
    box?.kill();
  },
);

describe.runIf(probeSandbox().available)('a box that takes too much', () => {
  it('of processes: is ended, and says so', async () => {
    const proc = provider({ bounds: { processes: 50 } });
    // Bounded here, and held back by nothing but the bound.
    const bomb = 'i=0; while [ $i -lt 200 ]; do sleep 150 & i=$((i+1)); done; wait';
    const output = await sh(proc, bomb);
    // Where the kernel refuses the next one the shell may end before anybody looked.
    if (output.limit === undefined) expect(output.stderr).toContain('fork');
    else expect(output).toMatchObject({ exit_code: 137, limit: 'processes' });
    expect(output.exit_code).not.toBe(0);
  });

  it('of processes, and waits: is ended, and says so', async () => {
    const proc = provider({ bounds: { processes: 50 } });
    const threads = `const { Worker } = require('worker_threads');
      process.on('uncaughtException', () => {});
      for (let i = 0; i < 60; i++) try { new Worker('setTimeout(() => {}, 150000)', { eval: true }).on('error', () => {}) } catch {}
      setTimeout(() => {}, 150000);`;
    expect(await node(proc, threads)).toMatchObject({ limit: 'processes' });
  });

  it('of memory, in one process and over several: is ended, and says so', async () => {
    const proc = provider({ bounds: { memory: 150 * MIB } });
    const one = `const kept = []; for (let i = 0; i < 30; i++) kept.push(Buffer.alloc(10 * ${MIB}, 1)); setTimeout(() => console.log('all'), 150000)`;
    expect(await node(proc, one)).toMatchObject({ exit_code: 137, limit: 'memory', stdout: '' });
    // Each holds 40 MiB in its own memory.
    const several = `for i in 1 2 3 4 5 6 7 8; do head -c ${40 * MIB} /dev/zero | sh -c 'x=$(tr "\\0" a); sleep 150' & done; wait`;
    expect(await sh(proc, several)).toMatchObject({ exit_code: 137, limit: 'memory' });
  });

  it('of memory in files that are no files: is ended, or finds no room', async () => {
    const proc = provider({ bounds: { memory: 100 * MIB } });
    for (const place of ['/x', '/dev/x', '/etc/x']) {
      const { exit_code: code } = await sh(proc, `head -c 1000 /dev/zero > ${place}`);
      expect(code, place).not.toBe(0);
    }
    const shared = await sh(proc, `head -c ${80 * MIB} /dev/zero > /dev/shm/x`);
    expect(shared.exit_code).not.toBe(0);
    const tmp = await sh(proc, `head -c ${200 * MIB} /dev/zero > /tmp/x; sleep 150`);
    expect(tmp).toMatchObject({ exit_code: 137, limit: 'memory' });
    // Empty files take the kernel's memory.
    const many = `const fs = require('fs'); for (let i = 0; i < 2e6; i++) fs.closeSync(fs.openSync('/tmp/' + i, 'w'))`;
    expect(await node(proc, many)).toMatchObject({ exit_code: 137, limit: 'memory' });
  });

  it('of a file: is ended, and says so', async () => {
    const out = join(ws, 'out');
    mkdirSync(out);
    const proc = provider({ bounds: { file: MIB }, sandboxPolicy: { write: [out] } });
    const output = await sh(proc, `exec head -c ${300 * MIB} /dev/zero > ${out}/f`);
    expect(output).toMatchObject({ exit_code: 153, limit: 'file' });
    expect((await sh(proc, `stat -c %s ${out}/f`)).stdout).toBe(`${MIB}\n`);
  });

  it('of processor time: is ended, and says so', async () => {
    const proc = provider({ bounds: { cpu: 1_000 } });
    for (const script of ['while :; do :; done', 'while :; do :; done & while :; do :; done'])
      expect(await sh(proc, script), script).toMatchObject({ limit: 'cpu' });
  });

  it('leaves alone what stays within them', async () => {
    const output = await node(provider(), 'console.log(Buffer.alloc(50e6, 1).length)');
    expect(output).toMatchObject({ exit_code: 0, stdout: '50000000\n' });
    expect(output).not.toHaveProperty('limit');
  });

  it('goes first where the machine runs out of memory, and leaves no core', async () => {
    const { stdout } = await sh(provider(), 'cat /proc/self/oom_score_adj; ulimit -c; ulimit -Hc');
    expect(stdout).toBe('1000\n0\n0\n');
  });
});

// Its registers are those of this machine.
const canTakeOver = process.arch === 'x64' && existsSync('/usr/bin/python3');
describe.runIf(probeSandbox().available && canTakeOver)('a box that will not end', () => {
  it('ends, though it took the first of its processes over', async () => {
    // The first process dies with its parent unless somebody makes it forget to: PR_SET_PDEATHSIG 0, called in its place.
    const seconds = `97${process.pid}`;
    const proc = provider();
    const script = `
import ctypes, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
class Regs(ctypes.Structure):
    _fields_ = [(n, ctypes.c_ulonglong) for n in 'r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs'.split()]
def ask(what, at=None, data=None):
    if libc.ptrace(what, 1, at, data) == -1: print(what, os.strerror(ctypes.get_errno()))
subprocess.Popen(['/usr/bin/sleep', '${seconds}'], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
ask(16); os.waitpid(1, 0x40000000)
regs = Regs(); ask(12, None, ctypes.addressof(regs))
asked = Regs.from_buffer_copy(regs)
# It waits in a system call: the two bytes before are the instruction.
asked.rip, asked.rax, asked.orig_rax, asked.rdi, asked.rsi = regs.rip - 2, 157, 0xffffffffffffffff, 1, 0
ask(13, None, ctypes.addressof(asked)); ask(9); os.waitpid(1, 0x40000000)
ask(13, None, ctypes.addressof(regs)); ask(17)
print('taken')
`;
    const output = await exec(proc, '/usr/bin/python3', ['-c', script]);
    expect(output).toMatchObject({ exit_code: 0, stdout: 'taken\n' });
    const left = () =>
      execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes(`sleep ${seconds}`);
    for (let i = 0; i < 1_000 && left(); i += 1) await new Promise((wake) => setTimeout(wake, 20));
    expect(left()).toBe(false);
  });
});
