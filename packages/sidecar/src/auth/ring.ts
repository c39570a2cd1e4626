/**
 * The keys of one sidecar: bound to principals, hashed at rest in `api-keys.json`, looked up without touching the disk. A change is
 * on disk before it is in force; what fails to write changes nothing.
 */
import { join } from 'node:path';
import { ADMIN_RIGHTS, AGENT_RIGHTS, PortcullisError } from '@portcullis/kernel';
import {
  type KeyRate,
  type KeyRequest,
  type KeyView,
  keyFile,
  type StoredKey,
} from '../schema/key.ts';
import { Credential } from './credential.ts';
import { ensurePrivateDir, readPrivateFile, writePrivateFile } from './private-file.ts';
import { mintToken, type Token, tokenHash, tokenMatches } from './token.ts';

const MAX_FILE = 64 * 1024 * 1024;

/** Where a first start left the keys it made. */
export interface FirstKeys {
  /** The texts, only where there is no data dir to keep them in. */
  readonly apiKey?: string;
  readonly adminKey?: string;
  readonly apiKeyFile?: string;
  readonly adminKeyFile?: string;
}

export interface KeyRingOptions {
  /** The clock, in milliseconds since the epoch. */
  readonly now?: () => number;
  /** For keys without a rate of their own. */
  readonly rate?: KeyRate;
}

export class KeyRing {
  readonly #file: string | undefined;
  readonly #now: () => number;
  readonly #rate: KeyRate | undefined;
  readonly #keys = new Map<string, StoredKey>();
  readonly #credentials = new Map<string, Credential>();
  readonly #byCertificate = new Map<string, Credential>();
  /** Present when this start made the first keys. */
  readonly first: FirstKeys | undefined;

  constructor(dataDir: string | undefined, options: KeyRingOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#rate = options.rate;
    this.#file = dataDir === undefined ? undefined : join(dataDir, 'api-keys.json');
    const kept = this.#file === undefined ? undefined : readPrivateFile(this.#file, MAX_FILE);
    if (kept === undefined) {
      this.first = this.#firstStart(dataDir);
      return;
    }
    for (const key of parseFile(kept, this.#file as string)) this.#admit(key);
  }

  /** The key behind a bearer token, or behind a client certificate where the key is bound to one. */
  authenticate(token: Token | undefined, certificate?: string): Credential | undefined {
    let found: Credential | undefined;
    if (token === undefined) {
      found = certificate === undefined ? undefined : this.#byCertificate.get(certificate);
    } else {
      const known = this.#credentials.get(token.id);
      found = tokenMatches(token.text, known?.hash) ? known : undefined;
      if (found?.certificate !== undefined && found.certificate !== certificate) return undefined;
    }
    return found !== undefined && this.stands(found) ? found : undefined;
  }

  /** Neither revoked nor rotated, and its time is not over. */
  stands(credential: Credential): boolean {
    return credential.expires > this.#now() && !credential.revoked.aborted;
  }

  list(tenant: string): KeyView[] {
    return [...this.#keys.values()].filter((key) => key.tenant === tenant).map(viewOf);
  }

  create(tenant: string, request: KeyRequest): { readonly view: KeyView; readonly key: string } {
    const { certificate, expires } = request;
    if (expires !== undefined && Date.parse(expires) <= this.#now()) {
      throw new PortcullisError('malformed_request', '/expires is in the past');
    }
    if (certificate !== undefined && this.#byCertificate.has(certificate)) {
      throw new PortcullisError('conflict', 'another key is bound to this certificate');
    }
    let token = mintToken();
    while (this.#keys.has(token.id)) token = mintToken();
    const key = storedKey(tenant, request, token, this.#now());
    this.#save([...this.#keys.values(), key]);
    this.#admit(key);
    return { view: viewOf(key), key: token.text };
  }

  /** A new secret for the same key; the old one is worth nothing from here on. */
  rotate(tenant: string, id: string): { readonly view: KeyView; readonly key: string } {
    const old = this.#owned(tenant, id);
    const token = mintToken(id);
    const key: StoredKey = {
      ...old,
      hash: tokenHash(token.text),
      rotated: new Date(this.#now()).toISOString(),
    };
    this.#save([...this.#keys.values()].map((other) => (other === old ? key : other)));
    this.#dismiss(old);
    this.#admit(key);
    return { view: viewOf(key), key: token.text };
  }

  revoke(tenant: string, id: string): KeyView {
    const key = this.#owned(tenant, id);
    const rest = [...this.#keys.values()].filter((other) => other !== key);
    if (!rest.some((other) => this.#administers(other, tenant))) {
      throw new PortcullisError('conflict', 'this is the last key that may make keys');
    }
    this.#save(rest);
    this.#dismiss(key);
    return viewOf(key);
  }

  #administers(key: StoredKey, tenant: string): boolean {
    if (key.tenant !== tenant || !key.rights.includes('keys')) return false;
    return key.expires === undefined || Date.parse(key.expires) > this.#now();
  }

  #owned(tenant: string, id: string): StoredKey {
    const key = this.#keys.get(id);
    if (key === undefined || key.tenant !== tenant) throw new PortcullisError('not_found');
    return key;
  }

  #admit(key: StoredKey): void {
    const credential = new Credential(key, this.#rate);
    this.#keys.set(key.id, key);
    this.#credentials.set(key.id, credential);
    if (key.certificate !== undefined) this.#byCertificate.set(key.certificate, credential);
  }

  #dismiss(key: StoredKey): void {
    this.#credentials.get(key.id)?.revoke();
    this.#keys.delete(key.id);
    this.#credentials.delete(key.id);
    if (key.certificate !== undefined) this.#byCertificate.delete(key.certificate);
  }

  #save(keys: readonly StoredKey[]): void {
    if (this.#file === undefined) return;
    try {
      writePrivateFile(this.#file, `${JSON.stringify({ version: 1, keys }, null, 2)}\n`);
    } catch (cause) {
      throw new PortcullisError('store_unavailable', 'the keys cannot be written', { cause });
    }
  }

  /** The ring is written last: a start that was cut short makes both keys anew. */
  #firstStart(dataDir: string | undefined): FirstKeys {
    const api = mintToken();
    const admin = mintToken();
    const made = (request: KeyRequest, token: Token): StoredKey =>
      storedKey('default', request, token, this.#now());
    const keys = [
      made(
        {
          principal: { id: 'local', kind: 'agent' },
          rights: [...AGENT_RIGHTS],
          label: 'api-key',
        },
        api,
      ),
      made(
        {
          principal: { id: 'admin', kind: 'user', roles: ['admin'] },
          rights: [...ADMIN_RIGHTS],
          label: 'admin-key',
        },
        admin,
      ),
    ];
    for (const key of keys) this.#admit(key);
    if (dataDir === undefined) return { apiKey: api.text, adminKey: admin.text };
    const files = {
      apiKeyFile: join(dataDir, 'api-key'),
      adminKeyFile: join(dataDir, 'admin-key'),
    };
    ensurePrivateDir(dataDir);
    writePrivateFile(files.apiKeyFile, `${api.text}\n`);
    writePrivateFile(files.adminKeyFile, `${admin.text}\n`);
    this.#save(keys);
    return files;
  }
}

/** Opens the keys of a data dir, making `api-key` and `admin-key` at its first start. Without one they live in memory. */
export function createKeyRing(dataDir?: string, options?: KeyRingOptions): KeyRing {
  return new KeyRing(dataDir, options);
}

function parseFile(text: string, path: string): readonly StoredKey[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${path} is not JSON`);
  }
  const parsed = keyFile.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`${path}: ${issue?.path.join('/')}: ${issue?.message}`);
  }
  if (new Set(parsed.data.keys.map((key) => key.id)).size !== parsed.data.keys.length) {
    throw new Error(`${path} names a key twice`);
  }
  return parsed.data.keys;
}

function storedKey(tenant: string, request: KeyRequest, token: Token, now: number): StoredKey {
  const { principal, rate, expires, certificate } = request;
  return {
    id: token.id,
    tenant,
    label: request.label ?? '',
    principal: {
      id: principal.id,
      kind: principal.kind ?? 'agent',
      roles: principal.roles ?? [],
      attributes: principal.attributes ?? {},
    },
    rights: [...new Set(request.rights)],
    may_assert: request.may_assert ?? {},
    ...(rate === undefined ? {} : { rate }),
    ...(expires === undefined ? {} : { expires }),
    ...(certificate === undefined ? {} : { certificate }),
    created: new Date(now).toISOString(),
    hash: tokenHash(token.text),
  };
}

function viewOf({ hash: _, ...view }: StoredKey): KeyView {
  return view;
}
