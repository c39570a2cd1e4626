/**
 * What /proc/self/mountinfo tells at start: which devices are kernel interfaces and not storage, and under which other
 * paths a directory shows because of bind mounts. Format: proc_pid_mountinfo(5).
 */
import { readFileSync } from 'node:fs';

export interface Mount {
  /** `8:1` */
  readonly device: string;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
}

/** File systems whose files are switches and views of the kernel: reading may block or leak, writing acts. */
const KERNEL_TYPES: ReadonlySet<string> = new Set([
  'proc',
  'sysfs',
  'devtmpfs',
  'devpts',
  'debugfs',
  'tracefs',
  'securityfs',
  'configfs',
  'cgroup',
  'cgroup2',
  'bpf',
  'pstore',
  'efivarfs',
  'mqueue',
  'binfmt_misc',
  'fusectl',
  'selinuxfs',
  'smackfs',
  'rpc_pipefs',
  'nsfs',
  'autofs',
]);

const unescapeOctal = (text: string): string =>
  text.includes('\\')
    ? text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
    : text;

export function parseMounts(text: string): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [before, after] = line.split(' - ');
    const fields = before?.split(' ') ?? [];
    const [device, root, point] = [fields[2], fields[3], fields[4]];
    const type = after?.split(' ')[0];
    if (device === undefined || root === undefined || point === undefined || type === undefined) {
      continue;
    }
    mounts.push({ device, root: unescapeOctal(root), point: unescapeOctal(point), type });
  }
  return mounts;
}

/** Empty where there is no such file: not Linux, or no /proc. */
export function readMounts(): readonly Mount[] {
  try {
    return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return [];
  }
}

/** `st_dev` of kernel interfaces, as stat(2) gives it (gnu_dev_makedev). */
export function kernelDevices(mounts: readonly Mount[]): ReadonlySet<number> {
  const devices = new Set<number>();
  for (const mount of mounts) {
    if (!KERNEL_TYPES.has(mount.type)) continue;
    const [major = 0, minor = 0] = mount.device.split(':').map(Number);
    devices.add((minor & 0xff) + (major & 0xfff) * 0x100 + (minor & ~0xff) * 0x1000);
  }
  return devices;
}

export const isWithin = (path: string, directory: string): boolean =>
  directory === '/' ||
  path === directory ||
  (path.startsWith(directory) && path.charCodeAt(directory.length) === 0x2f);

const join = (directory: string, rest: string): string =>
  rest === '' ? directory : directory === '/' ? rest : directory + rest;

const below = (path: string, directory: string): string =>
  directory === '/' ? (path === '/' ? '' : path) : path.slice(directory.length);

/** The other paths under which `path` shows through bind mounts of its file system. */
export function aliasesOf(path: string, mounts: readonly Mount[]): readonly string[] {
  let home: Mount | undefined;
  for (const mount of mounts) {
    if (!isWithin(path, mount.point)) continue;
    if (home === undefined || mount.point.length >= home.point.length) home = mount;
  }
  if (home === undefined) return [];
  const inner = join(home.root, below(path, home.point));
  const aliases: string[] = [];
  for (const mount of mounts) {
    if (mount === home || mount.device !== home.device) continue;
    if (isWithin(inner, mount.root)) aliases.push(join(mount.point, below(inner, mount.root)));
    else if (isWithin(mount.root, inner)) aliases.push(mount.point);
  }
  return aliases.filter((alias) => alias !== path);
}
