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
  readFileSync,
  writeSync,
} from 'node:fs';

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

/** Values that wait together, and sealed bytes. */
const MOST = 64;
const MOST_BYTES = 1024 * 1024;

export class Ahead {
  #fd: number | undefined;
  readonly #sync: boolean;
  /** Where the next is written. */
  #end: number;
  readonly #waiting = new Map<string, Waiting>();
  #size = 0;

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
  }

  /** What another process, or this one, left here when it was killed. */
  left(): Waiting[] {
    return this.#fd === undefined ? [] : readAll(readFileSync(this.#fd));
  }

  /** Nothing is in the file. */
  get empty(): boolean {
    return this.#end === 0;
  }

  get full(): boolean {
    return this.#waiting.size >= MOST || this.#size >= MOST_BYTES;
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
  add(value: Waiting): void {
    if (this.#fd === undefined) throw new Error('closed');
    const written = asBytes(value);
    try {
      for (let at = 0; at < written.length; )
        at += writeSync(this.#fd, written, at, written.length - at, this.#end + at);
      if (this.#sync) fdatasyncSync(this.#fd);
    } catch (error) {
      ftruncateSync(this.#fd, this.#end);
      throw error;
    }
    this.#end += written.length;
    this.remember(value);
  }

  /** As `add`, of what is in the file. */
  remember(value: Waiting): void {
    this.forget(value.place.tenant, value.place.name);
    this.#waiting.set(value.place.name, value);
    this.#size += value.sealed.length;
  }

  /** Whether it was here. */
  forget(tenant: string, name: string): boolean {
    const found = this.get(tenant, name);
    if (found === undefined) return false;
    this.#waiting.delete(name);
    this.#size -= found.sealed.length;
    return true;
  }

  /** All of it is in the database, or nobody wants it. */
  clear(): void {
    this.#waiting.clear();
    this.#size = 0;
    if (this.#fd === undefined || this.#end === 0) return;
    ftruncateSync(this.#fd, 0);
    if (this.#sync) fdatasyncSync(this.#fd);
    this.#end = 0;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#waiting.clear();
  }
}

/** Two lengths, a line of JSON, and the sealed value. */
const LENGTHS = 8;

function asBytes({ place: { tenant, name, kind, expires }, bytes, sealed }: Waiting): Buffer {
  const head = Buffer.from(JSON.stringify([tenant, name, kind, expires, bytes]));
  const lengths = Buffer.allocUnsafe(LENGTHS);
  lengths.writeUInt32BE(head.length, 0);
  lengths.writeUInt32BE(sealed.length, 4);
  return Buffer.concat([lengths, head, sealed]);
}

/** Up to the first that is not whole. */
function readAll(file: Buffer): Waiting[] {
  const found: Waiting[] = [];
  for (let at = 0; at + LENGTHS <= file.length; ) {
    const head = at + LENGTHS;
    const body = head + file.readUInt32BE(at);
    const end = body + file.readUInt32BE(at + 4);
    if (end > file.length) break;
    const place = readHead(file.toString('utf8', head, body));
    if (place === undefined) break;
    found.push({ ...place, sealed: file.subarray(body, end) });
    at = end;
  }
  return found;
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
