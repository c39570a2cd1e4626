/**
 * Descriptors that this process was started with and that would pass on to every program it starts: whatever started us
 * did not mark them close-on-exec, and Node marks only its own. Programs get /dev/null in their place.
 */
import { openSync, readdirSync, readFileSync } from 'node:fs';

const O_CLOEXEC = 0o2000000;
/** Beyond this a table of descriptors for the child would cost more than it is worth; none is expected there. */
const HIGHEST = 1_024;

let found: readonly number[] | undefined;
let devNull: number | undefined;

/** From 3 on, ascending. Looked up once: nothing that Node opens later passes on. */
function inheritedDescriptors(): readonly number[] {
  found ??= lookUp();
  return found;
}

function lookUp(): number[] {
  let names: string[];
  try {
    names = readdirSync('/proc/self/fd');
  } catch {
    return [];
  }
  return names
    .map(Number)
    .filter((fd) => fd > 2 && fd < HIGHEST && passesOn(fd))
    .sort((a, b) => a - b);
}

function passesOn(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false;
  }
}

/** The entries of a `stdio` option from 3 on: what the program is to get, and /dev/null over what it would inherit. */
export function coverInherited<T>(wanted: readonly T[]): (T | number | 'ignore')[] {
  const entries: (T | number | 'ignore')[] = [...wanted];
  for (const fd of inheritedDescriptors()) {
    const at = fd - 3;
    if (at < wanted.length) continue;
    while (entries.length < at) entries.push('ignore');
    devNull ??= openSync('/dev/null', 'r+');
    entries[at] = devNull;
  }
  return entries;
}
