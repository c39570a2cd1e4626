/**
 * Values on their way into the vault's database: each is appended to a file beside it, and there the moment `add` returns; many are then written to the
 * database at once, which costs little more than one. A process that is killed in between finds them in the file again. What a failed write leaves of a
 * value does not open, and is left out.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { inDirectory } from '../writing/place.ts';

/** Where a sealed value belongs; sealed with it. */
export interface Place {
  readonly tenant: string;
  readonly name: string;
  readonly kind: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

export interface Waiting {
  readonly place: Place;
  /** Of the value, before it was sealed. */
  readonly bytes: number;
  readonly sealed: Uint8Array;
}

/** Values that wait together, and bytes of the file. */
const MOST = 64;
const ROOM = 1024 * 1024;

export class Ahead {
  #fd: number | undefined;
  readonly #sync: boolean;
  /** Where the next is written. */
  #end: number;
  /** It was begun, and failed: what was in the file may come back after power loss. */
  #clearing = false;
  /** The file, as it is in memory too: no value that waits has memory of its own, which the collector would have to follow. */
  readonly #mirror: Buffer = Buffer.allocUnsafeSlow(ROOM);
  readonly #waiting = new Map<string, Waiting>();

  /** `sync`: what is added survives power loss too. Throws where the path is a link or no regular file. */
  constructor(path: string, sync: boolean) {
    const flags = constants.O_CREAT | constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);
    this.#fd = openSync(path, flags, 0o600);
    this.#sync = sync;
    const stat = fstatSync(this.#fd);
    if (!stat.isFile()) {
      this.close();
      throw new Error(`${path} is not a regular file`);
    }
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) fchmodSync(this.#fd, 0o600);
    this.#end = stat.size;
    // A file that was made just now has to be found after power loss.
    if (sync && stat.size === 0) inDirectory(dirname(path), (syncNames) => syncNames());
  }

  /** What another process, or this one, left here when it was killed. */
  left(): Waiting[] {
    if (this.#fd === undefined) return [];
    // There is never more than has room.
    let end = 0;
    for (let read = -1; read !== 0 && end < ROOM; end += read)
      read = readSync(this.#fd, this.#mirror, end, ROOM - end, end);
    const { found, whole } = readAll(this.#mirror.subarray(0, end));
    // What is added next follows what is whole, for nobody reads on behind a value that is not.
    if (whole < this.#end) ftruncateSync(this.#fd, whole);
    this.#end = whole;
    return found;
  }

  /** Nothing is in the file, and nothing comes back. */
  get empty(): boolean {
    return this.#end === 0 && !this.#clearing;
  }

  /** Whether there is room for one more. */
  fits({ sealed }: Waiting, head: Buffer): boolean {
    return this.#waiting.size < MOST && this.#end + LENGTHS + head.length + sealed.length <= ROOM;
  }

  [Symbol.iterator](): IterableIterator<Waiting> {
    return this.#waiting.values();
  }

  get(tenant: string, name: string): Waiting | undefined {
    const found = this.#waiting.get(name);
    return found?.place.tenant === tenant ? found : undefined;
  }

  bytesOf(tenant: string): number {
    let sum = 0;
    for (const { place, bytes } of this.#waiting.values())
      if (place.tenant === tenant) sum += bytes;
    return sum;
  }

  /** Throws where the disk refuses; then nothing was added. */
  add(value: Waiting, head: Buffer): void {
    if (this.#fd === undefined) throw new Error('closed');
    const { place, bytes, sealed } = value;
    const [mirror, start] = [this.#mirror, this.#end];
    mirror.writeUInt32BE(head.length, start);
    mirror.writeUInt32BE(sealed.length, start + 4);
    mirror.set(head, start + LENGTHS);
    const body = start + LENGTHS + head.length;
    mirror.set(sealed, body);
    const end = body + sealed.length;
    try {
      for (let at = start; at < end; ) at += writeSync(this.#fd, mirror, at, end - at, at);
      if (this.#sync) fdatasyncSync(this.#fd);
    } catch (error) {
      ftruncateSync(this.#fd, start);
      throw error;
    }
    this.#end = end;
    this.remember({ place, bytes, sealed: mirror.subarray(body, end) });
  }

  /** As `add`, of what is in the file. */
  remember(value: Waiting): void {
    this.forget(value.place.tenant, value.place.name);
    this.#waiting.set(value.place.name, value);
  }

  forget(tenant: string, name: string): void {
    if (this.get(tenant, name) !== undefined) this.#waiting.delete(name);
  }

  /** All of it is in the database, or nobody wants it. */
  clear(): void {
    this.#waiting.clear();
    if (this.#fd === undefined || this.empty) return;
    this.#clearing = true;
    ftruncateSync(this.#fd, 0);
    this.#end = 0;
    if (this.#sync) fdatasyncSync(this.#fd);
    this.#clearing = false;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#waiting.clear();
  }
}

/** Two lengths, a line of JSON, and the sealed value. */
const LENGTHS = 8;

/** What stands before a value. */
export const headOf = ({ place: { tenant, name, kind, expires }, bytes }: Waiting): Buffer =>
  Buffer.from(JSON.stringify([tenant, name, kind, expires, bytes]));

/** Up to the first that is not whole, and where that begins. */
function readAll(file: Buffer): { readonly found: Waiting[]; readonly whole: number } {
  const found: Waiting[] = [];
  let at = 0;
  while (at + LENGTHS <= file.length) {
    const head = at + LENGTHS;
    const body = head + file.readUInt32BE(at);
    const end = body + file.readUInt32BE(at + 4);
    if (end > file.length) break;
    const place = readHead(file.toString('utf8', head, body));
    if (place === undefined) break;
    found.push({ ...place, sealed: file.subarray(body, end) });
    at = end;
  }
  return { found, whole: at };
}

function readHead(text: string): Pick<Waiting, 'place' | 'bytes'> | undefined {
  try {
    const [tenant, name, kind, expires, bytes] = JSON.parse(text);
    const texts = [tenant, name, kind].every((value) => typeof value === 'string');
    if (!texts || !Number.isSafeInteger(expires) || !Number.isSafeInteger(bytes)) return undefined;
    return { place: { tenant, name, kind, expires }, bytes };
  } catch {
    return undefined;
  }
}
