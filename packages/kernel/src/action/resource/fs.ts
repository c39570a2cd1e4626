/**
 * A path as the gate judges it: absolute, every link of its existing part resolved, what does not exist yet kept as written. Bytes are never
 * changed (no Unicode normalisation on Linux: the file system would see another file); what could be read in two ways is refused:
 * control characters, marks that reorder text, and `..` through anything but a real directory, where the lexical reading and the
 * kernel's differ. `~` is a name like any other; a trailing slash says nothing.
 *
 * The provider opens the canonical path without following links and checks what it got, so a link that moves after this moment
 * makes the action fail and never lands elsewhere.
 */
import type { Refusal } from '../refusal.ts';
import { isOrderly } from '../text.ts';
import { badResource, type Named, named } from './named.ts';
import { isDirectory, realPath } from './real-path.ts';

/** Linux's PATH_MAX without its NUL. */
const LONGEST = 4_095;
const DEEPEST = 256;
/** Empty, `.` and `..` parts, and a slash at the end. */
const UNTIDY = /\/(?:\.{0,2}\/|\.{0,2}$)/;

/** `startDir` is absolute and canonical: where relative paths begin. */
export function canonicalPath(raw: string, startDir: string): Named | Refusal {
  const lexical = absolute(raw, startDir, isDirectory);
  if (typeof lexical !== 'string') return lexical;
  const real = realPath(lexical);
  if (real === undefined) return badResource('the path runs through too many links');
  if (isTooLong(real)) return tooLong();
  return named(real);
}

/** For actions that the host executes: nothing here is asked what exists, and `..` is read lexically. */
export function lexicalPath(raw: string, startDir: string): Named | Refusal {
  const lexical = absolute(raw, startDir, () => true);
  return typeof lexical === 'string' ? named(lexical) : lexical;
}

function absolute(
  raw: string,
  startDir: string,
  mayLeave: (directory: string) => boolean,
): string | Refusal {
  if (raw.length === 0) return badResource('a path is not empty');
  if (isTooLong(raw)) return tooLong();
  if (!isOrderly(raw)) {
    return badResource('a path holds no control characters and no marks that reorder text');
  }
  if (process.platform === 'darwin' && raw !== raw.normalize('NFC')) {
    return badResource('this platform reads the path in two ways; write it in NFC');
  }
  const path = raw.startsWith('/') ? raw : `${startDir}/${raw}`;
  if (!UNTIDY.test(path)) return isTooDeep(path) ? tooLong() : path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') {
      if (parts.push(part) > DEEPEST) return tooLong();
    } else if (parts.length > 0) {
      if (!mayLeave(`/${parts.join('/')}`)) {
        return badResource('.. leads through something that is no directory');
      }
      parts.pop();
    }
  }
  return `/${parts.join('/')}`;
}

/** A UTF-16 unit takes at most three bytes, a part at least two characters: short paths need no count. */
const isTooLong = (path: string): boolean =>
  path.length * 3 > LONGEST && Buffer.byteLength(path) > LONGEST;
const isTooDeep = (path: string): boolean =>
  path.length > DEEPEST && path.split('/').length - 1 > DEEPEST;
const tooLong = (): Refusal => badResource(`longer than ${LONGEST} bytes or ${DEEPEST} parts`);
