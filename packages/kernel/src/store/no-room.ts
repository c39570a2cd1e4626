/** A disk that is full says so in many ways, most of which name neither the disk nor the cause. */

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** https://sqlite.org/rescode.html: without its extension. */
const SQLITE_FULL = 13;
const SQLITE_IOERR = 10;

/** The error, with where and what to do; any other as it is. */
export function namedDisk(error: unknown, dir: string): unknown {
  const what = causeOf(error as { code?: unknown; errcode?: unknown });
  if (what === undefined || !(error instanceof Error)) return error;
  const message = `${dir} ${what}: make room there, or name another directory, and start again (${error.message})`;
  return Object.assign(new Error(message, { cause: error }), { code: 'ENOSPC' });
}

function causeOf({ code, errcode }: { code?: unknown; errcode?: unknown }): string | undefined {
  if (typeof code === 'string' && FULL.has(code)) return 'is on a disk without room';
  if (code !== 'ERR_SQLITE_ERROR' || typeof errcode !== 'number') return undefined;
  if ((errcode & 0xff) === SQLITE_FULL) return 'is on a disk without room';
  // Files that are mapped into memory cannot say more.
  if ((errcode & 0xff) === SQLITE_IOERR)
    return 'is on a disk that cannot be written, most often for want of room';
  return undefined;
}
