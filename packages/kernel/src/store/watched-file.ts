/**
 * A file of the configuration that is followed: edits in place, atomic renames over it, and the symbolic links that Kubernetes swaps. The
 * directories are watched, not the file, for a renamed file is another file.
 */
import { type FSWatcher, lstatSync, readlinkSync, statSync, watch } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { readRegular } from './regular-file.ts';

export interface WatchedFile {
  /** As it was when the watch began. */
  readonly text: string;
  close(): void;
}

/** An edit is several events: what they come to is read once they pause. Milliseconds. */
const PAUSE = 40;
/** Some file systems tell nobody of changes; then this finds them. Milliseconds. */
const POLL = 5_000;
const MOST_LINKS = 16;
/** Bytes of such a file. */
const LARGEST = 16 * 1024 * 1024;

export const readWatched = (file: string): string => readRegular(file, LARGEST);

/**
 * Reads the file, throwing what reading throws, and from then on hands every text that differs from the last one to `onText`. A file
 * that cannot be read goes to `onError`, once until it can again; the watch goes on.
 */
export function watchFile(
  file: string,
  onText: (text: string) => void,
  onError: (error: Error) => void,
): WatchedFile {
  const watched = new Map<string, FSWatcher>();
  let closed = false;
  let failing = false;
  let pause: NodeJS.Timeout | undefined;

  const changed = (): void => {
    if (closed) return;
    // A log that is written beside it must not put off what the file says now.
    const now = stampOf(file);
    if (now === stamp) return;
    stamp = now;
    clearTimeout(pause);
    pause = setTimeout(look, PAUSE);
  };
  const follow = (): void => {
    const wanted = directoriesOf(file);
    for (const [directory, watcher] of watched) {
      if (wanted.has(directory)) continue;
      watcher.close();
      watched.delete(directory);
    }
    for (const directory of wanted) {
      if (watched.has(directory)) continue;
      const watcher = watchDirectory(directory, changed, () => {
        watched.delete(directory);
        changed();
      });
      if (watcher !== undefined) watched.set(directory, watcher);
    }
  };
  const look = (): void => {
    if (closed) return;
    follow();
    let read: string;
    try {
      read = readWatched(file);
    } catch (error) {
      if (!failing) onError(error instanceof Error ? error : new Error(String(error)));
      failing = true;
      return;
    }
    // Back after it could not be read: that it can again is worth telling, the same text or not.
    if (read === last && !failing) return;
    failing = false;
    last = read;
    onText(read);
  };

  // Watched before it is read: what is written in between is seen.
  let stamp = stampOf(file);
  follow();
  let last: string;
  try {
    last = readWatched(file);
  } catch (error) {
    for (const watcher of watched.values()) watcher.close();
    throw error;
  }
  const text = last;
  const poll = setInterval(look, POLL);
  poll.unref();
  return Object.freeze({
    text,
    close(): void {
      closed = true;
      clearTimeout(pause);
      clearInterval(poll);
      for (const watcher of watched.values()) watcher.close();
      watched.clear();
    },
  });
}

/** Another one after each change of the file, or of where its name leads. */
function stampOf(file: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'none';
  }
}

/** Undefined where it cannot be watched now: the poll tries again. */
function watchDirectory(
  directory: string,
  changed: () => void,
  lost: () => void,
): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, changed);
    watcher.on('error', lost);
    return watcher;
  } catch {
    return undefined;
  }
}

/** Where a change of what the name leads to shows: beside the name, beside every link on the way, beside the file itself. */
function directoriesOf(file: string): Set<string> {
  const directories = new Set([dirname(resolve(file))]);
  let path = resolve(file);
  for (let links = 0; links < MOST_LINKS; links++) {
    const link = firstLink(path);
    if (link === undefined) break;
    directories.add(dirname(link.at));
    path = link.leadsTo;
  }
  directories.add(dirname(path));
  return directories;
}

/** The link nearest to the root, and the path with it taken. */
function firstLink(path: string): { readonly at: string; readonly leadsTo: string } | undefined {
  const parts = path.split(sep);
  for (let length = 1; length <= parts.length; length++) {
    const at = parts.slice(0, length).join(sep) || sep;
    try {
      if (!lstatSync(at).isSymbolicLink()) continue;
      return { at, leadsTo: resolve(dirname(at), readlinkSync(at), ...parts.slice(length)) };
    } catch {
      return undefined;
    }
  }
  return undefined;
}
