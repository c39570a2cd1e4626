/**
 * The bubblewrap sandbox: a program sees the system's programs and libraries read-only, the paths that the configuration
 * shows it, a private /tmp, and nothing else: no home, no /run, no sockets outside those paths, no network, no other process.
 * It has its own user, pid, net, ipc, uts and cgroup namespaces, no capabilities, a non-root uid, its own session, and it dies with us.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { isWithin } from '../fs/mounts.ts';
import { realPath } from '../fs/reach.ts';
import { ProviderError } from '../types.ts';
import { systemCallFilter } from './filter.ts';

export interface SandboxPolicy {
  /** Shown read-only. Default: the start directory, unless it is the home directory or above it. */
  readonly read?: readonly string[];
  /** Shown read-write. Default: none. */
  readonly write?: readonly string[];
  /** The host's network, all of it. Default false. */
  readonly network?: boolean;
}

export interface SandboxProbe {
  readonly available: boolean;
  /** Why not, in words. */
  readonly reason?: string;
  readonly bwrap: string;
  /** `bubblewrap 0.8.0` */
  readonly version?: string;
  /** Can bind a file by descriptor. */
  readonly bindsDescriptors: boolean;
  /** Can forbid further user namespaces inside. */
  readonly disablesUserns: boolean;
  /** Can give the inside a host name of its own. */
  readonly namesHost: boolean;
}

const BWRAP = '/usr/bin/bwrap';
const probes = new Map<string, SandboxProbe>();

/** Tries the sandbox once per process by running /bin/true in it; some 15 ms, then remembered. */
export function probeSandbox(bwrap: string = BWRAP): SandboxProbe {
  const known = probes.get(bwrap);
  if (known !== undefined) return known;
  const probe = Object.freeze(tryOut(bwrap));
  probes.set(bwrap, probe);
  return probe;
}

function tryOut(bwrap: string): SandboxProbe {
  const none = {
    available: false,
    bwrap,
    bindsDescriptors: false,
    disablesUserns: false,
    namesHost: false,
  };
  if (process.platform !== 'linux') return { ...none, reason: 'bubblewrap needs Linux' };
  if (!existsSync(bwrap)) return { ...none, reason: `${bwrap} is not there; install bubblewrap` };
  const filter = systemCallFilter();
  const run = (args: readonly string[]) =>
    spawnSync(bwrap, args, { encoding: 'utf8', timeout: 5_000, env: {}, input: filter ?? '' });
  const help = run(['--help']);
  const text = `${help.stdout}${help.stderr}`;
  const version = run(['--version']).stdout?.trim();
  // The filter comes by the input: no other descriptor can be given here.
  const filtered = filter === undefined ? [] : ['--seccomp', '0'];
  let refusal = '';
  for (const [disablesUserns, namesHost] of GIVEN_UP) {
    if (disablesUserns && !text.includes('--disable-userns')) continue;
    const able = { bindsDescriptors: text.includes('--ro-bind-fd'), disablesUserns, namesHost };
    const result = run([
      ...isolation(false, able),
      ...systemView(),
      ...filtered,
      '--',
      '/usr/bin/true',
    ]);
    if (result.status === 0) return { available: true, bwrap, version, ...able };
    refusal = (result.stderr ?? '').trim().split('\n')[0] ?? '';
  }
  return { ...none, version, reason: `bubblewrap does not work here: ${refusal.slice(0, 200)}` };
}

/** What is done without, one after the other: containers and services forbid `sethostname`, old kernels the other. */
const GIVEN_UP = [
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const;

/** Namespaces and rights. */
function isolation(
  network: boolean,
  { disablesUserns, namesHost }: Pick<SandboxProbe, 'disablesUserns' | 'namesHost'>,
): string[] {
  return [
    '--unshare-user',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(network ? [] : ['--unshare-net']),
    ...(disablesUserns ? ['--disable-userns'] : []),
    ...(namesHost ? ['--hostname', 'sandbox'] : []),
    '--uid',
    '65534',
    '--gid',
    '65534',
    '--cap-drop',
    'ALL',
    '--die-with-parent',
    '--new-session',
  ];
}

const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store'];
/** What programs need of /etc, and nothing that is private even to who owns it. */
const ETC = [
  '/etc/alternatives',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/ca-certificates.conf',
  '/etc/pki/tls/certs',
];
const ETC_NETWORK = [
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/gai.conf',
  '/etc/services',
];
const TMP_BYTES = 256 * 1024 * 1024;
const SHARED_BYTES = 64 * 1024 * 1024;

function systemView(): string[] {
  const args: string[] = [];
  for (const path of SYSTEM) {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink()) args.push('--symlink', readlinkSync(path), path);
    else if (stats?.isDirectory()) args.push('--ro-bind', path, path);
  }
  for (const path of ETC) args.push('--ro-bind-try', path, path);
  args.push('--proc', '/proc', '--dev', '/dev');
  // Without a size it may grow to half of the machine's memory.
  args.push('--size', String(SHARED_BYTES), '--tmpfs', '/dev/shm', '--remount-ro', '/dev');
  args.push('--size', String(TMP_BYTES), '--tmpfs', '/tmp', '--size', '1048576', '--tmpfs', '/run');
  return args;
}

export interface Sandbox {
  readonly network: boolean;
  /** True where a program inside sees this path of the host. */
  shows(path: string): boolean;
  /**
   * Arguments for bwrap, up to the program. Looks at what of ours exists now, and masks it; refuses where something that did no longer
   * does, and the program could put its own there.
   */
  args(): string[];
  /** What is out of reach and not there, where the program may write: what it puts there is set aside when it ends. */
  vacant(): readonly string[];
}

/** Throws an Error where the policy would show what is out of reach. */
export function createSandbox(
  policy: SandboxPolicy,
  startDir: string,
  own: readonly string[],
  probe: SandboxProbe,
): Sandbox {
  const network = policy.network ?? false;
  const start = realPath(startDir);
  const showStart = policy.read === undefined && !isWithin(realPath(homedir()), start);
  const read = (policy.read ?? (showStart ? [start] : [])).map(realPath);
  const write = (policy.write ?? []).map(realPath);
  for (const path of [...read, ...write]) {
    const mine = own.find((one) => isWithin(path, one));
    if (mine !== undefined) throw new Error('sandbox: a path that is shown belongs to Portcullis');
    if (!existsSync(path)) throw new Error('sandbox: a path that is shown does not exist');
  }
  const shown = [...read, ...write];
  const fixed = [...isolation(network, probe), ...systemView()];
  if (network) for (const path of ETC_NETWORK) fixed.push('--ro-bind-try', path, path);
  // Shorter paths first, so that one inside another lies on top of it.
  const binds = [
    ...read.map((path) => ['--ro-bind', path] as const),
    ...write.map((path) => ['--bind', path] as const),
  ].sort((a, b) => a[1].length - b[1].length);
  const visible = [...SYSTEM, ...shown];
  const masked = own.filter((path) => visible.some((root) => isWithin(path, root)));
  const writable = (path: string): boolean => {
    const [option] = binds.findLast(([, root]) => isWithin(path, root)) ?? [];
    return option === '--bind';
  };
  const exposed = masked.filter((path) => writable(dirname(path)));
  // A directory on the way to what is ours could be renamed, and another made in its place. A mount cannot.
  const pinned = new Set(
    masked.flatMap((path) => above(path)).filter((path) => !shown.includes(path) && writable(path)),
  );
  const mounts = (): string[] =>
    [...binds, ...[...pinned].filter(isThere).map((path) => ['--bind', path] as const)]
      .sort((a, b) => a[1].length - b[1].length)
      .flatMap(([option, path]) => [option, path, path]);
  const existed = exposed.filter((path) => existsSync(path));
  const isVacant = (path: string): boolean =>
    lstatSync(path, { throwIfNoEntry: false }) === undefined;

  return Object.freeze({
    network,
    shows: (path: string) => visible.some((root) => isWithin(path, root)),
    vacant: () => exposed.filter(isVacant),
    args(): string[] {
      if (existed.some(isVacant)) {
        throw new ProviderError(
          'sandbox_unavailable',
          'something that is out of reach went away, and the program could put its own there',
        );
      }
      return [...fixed, ...mounts(), ...masked.flatMap(mask)];
    },
  });
}

/** The directories above it. */
function above(path: string): string[] {
  const directories: string[] = [];
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) directories.push(at);
  return directories;
}

/** A directory, and no link to one. */
const isThere = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function mask(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  return stats.isDirectory()
    ? ['--size', '4096', '--tmpfs', path, '--remount-ro', path]
    : ['--ro-bind', '/dev/null', path];
}
