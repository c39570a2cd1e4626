/** System calls that lead out of a box, or to memory that nobody can measure: asked for from inside. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, scratch } from '../testing/kit.ts';
import { createProcProvider } from './index.ts';
import { probeSandbox } from './sandbox.ts';

let base: ReturnType<typeof scratch>;
beforeEach(() => {
  base = scratch();
  mkdirSync(join(base.path, 'ws'));
});
afterEach(() => base.remove());

/** What Python prints inside. */
async function inside(script: string): Promise<string> {
  const proc = createProcProvider({ startDir: join(base.path, 'ws'), allowRunners: ['python'] });
  const { data } = await run(proc, 'proc.exec', '/usr/bin/python3', { args: ['-c', script] });
  const { stdout, stderr } = data as { stdout: string; stderr: string };
  return stdout + stderr;
}

const NUMBERS: Readonly<Record<string, readonly [x64: number, arm64: number]>> = {
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  perf_event_open: [298, 241],
  bpf: [321, 280],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  memfd_create: [319, 279],
  shmget: [29, 194],
  msgget: [68, 186],
};
const column = process.arch === 'arm64' ? 1 : 0;
const call = (number: number, args: string): string => `
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
answer = libc.syscall(${number}, ${args})
print(errno.errorcode[ctypes.get_errno()] if answer < 0 else 'answered')`;

describe.runIf(probeSandbox().available && existsSync('/usr/bin/python3'))('a box', () => {
  it.each([
    // The session's keys are the host's user's: no namespace divides them.
    ['keyctl', '0, -3, 0', 'EPERM'],
    ['add_key', "b'user', b'portcullis-test', b'x', 1, -2", 'EPERM'],
    ['request_key', "b'user', b'x', 0, 0", 'EPERM'],
    ['perf_event_open', '0, 0, -1, -1, 0', 'EPERM'],
    ['bpf', '0, 0, 0', 'EPERM'],
    ['userfaultfd', '1', 'EPERM'],
    ['io_uring_setup', '8, ctypes.create_string_buffer(256)', 'EPERM'],
    // Memory that no process has mapped is in no measure.
    ['memfd_create', "b'x', 0", 'ENOSYS'],
    ['shmget', '0, 1 << 28, 0o1600', 'ENOSYS'],
    ['msgget', '0, 0o1600', 'ENOSYS'],
  ])('is refused %s', async (name, args, error) => {
    const number = NUMBERS[name]?.[column] as number;
    expect(await inside(call(number, args))).toBe(`${error}\n`);
  });

  it('has sockets of its own machine and of the internet, and of nothing that no namespace divides', async () => {
    const script = `
import errno, socket
for family in [1, 2, 10, 16, 38, 40, 30, 17]:
    try:
        socket.socket(family, 3 if family == 16 else 1).close()
        print(family)
    except OSError as error:
        print(family, errno.errorcode[error.errno])`;
    const refused = (await inside(script)).trim().split('\n');
    const no = 'EAFNOSUPPORT';
    expect(refused).toEqual(['1', '2', '10', '16', `38 ${no}`, `40 ${no}`, `30 ${no}`, `17 ${no}`]);
  });

  it.runIf(process.arch === 'x64')(
    'is refused the calls of other machines, which no filter read',
    async () => {
      // The same call by its x32 number.
      expect(await inside(call(0x40000000 + 250, '0, -3, 0'))).toBe('ENOSYS\n');
    },
  );
});
