/**
 * Where the policy comes from, one source of truth: code, a watched file, or a text that HTTP manages. A text that fails to load leaves the last
 * good policy in force and says so; every change is announced with the old and the new digest before it holds.
 */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { PolicyView } from '@portcullis/wire';
import { parse as parseToml } from 'smol-toml';
import { PortcullisError } from '../../errors.ts';
import type { PolicyOption } from '../../host.ts';
import { readWatched, type WatchedFile, watchFile } from '../../store/watched-file.ts';
import {
  type DeclaredParams,
  type Layer,
  loadPolicy,
  type PolicyFormat,
  presetText,
  workspaceRead,
} from '../index.ts';
import type { Policy } from '../types.ts';
import { CurrentPolicy } from './current.ts';
import { Scopes } from './scopes.ts';

export interface PolicyChange {
  readonly from: string;
  readonly to: string;
  readonly rules: number;
  readonly by: string;
}

export interface PolicyOriginOptions {
  readonly policy: PolicyOption | undefined;
  readonly startDir: string;
  /** The JSON Schema of an action's parameters, for invariants without an action. */
  readonly declaredParams: DeclaredParams;
  /** Named layers that a session may put on top: they narrow. */
  readonly presets: Readonly<Record<string, (startDir: string) => string>>;
  readonly onMessage: (level: 'notice' | 'fault', message: string) => void;
}

interface Loaded {
  readonly layer: Layer;
  /** As it is shown to who may read it. */
  readonly text: string;
  readonly policy: Policy;
}

export class PolicyOrigin {
  readonly kind: 'file' | 'managed' | 'code';
  readonly current: CurrentPolicy;
  readonly scopes: Scopes;
  /** What no action may reach: it decides over actions. */
  readonly files: readonly string[];
  readonly #options: PolicyOriginOptions;
  #loaded: Loaded;
  #pending: string | undefined = undefined;
  #watch: WatchedFile | undefined = undefined;
  #announce: (change: PolicyChange) => void = () => {};

  /** Throws `invalid_policy` where the first text does not load: there is no good policy to keep. */
  constructor(options: PolicyOriginOptions) {
    const { policy, startDir } = options;
    this.#options = options;
    const file = fileOf(policy);
    this.kind = file === undefined ? 'code' : file.kind;
    this.files = file === undefined ? [] : [file.path];
    if (file !== undefined) {
      const missing = file.kind === 'managed' && !existsSync(file.path);
      this.#loaded = this.#read(
        missing ? workspaceRead(startDir) : readWatched(file.path),
        formatOf(file.path),
      );
    } else if (typeof policy === 'object')
      this.#loaded = this.#read(JSON.stringify(policy, null, 2), 'json');
    else
      this.#loaded = this.#read(
        typeof policy === 'string' ? policy : workspaceRead(startDir),
        'yaml',
      );
    this.scopes = new Scopes(options.declaredParams);
    const compose = (preset: string): Policy => this.#compose(preset);
    this.current = new CurrentPolicy(this.#loaded.policy, compose, this.scopes);
  }

  /** Told of every change, before it holds; a throw keeps the old policy. */
  start(announce: (change: PolicyChange) => void): void {
    this.#announce = announce;
    const [path] = this.files;
    if (this.kind !== 'file' || path === undefined) return;
    const failed = (error: unknown): void => {
      this.#pending = error instanceof Error ? error.message : String(error);
      this.#options.onMessage(
        'fault',
        `the policy file does not load, the last good one stays in force: ${this.#pending}`,
      );
    };
    const adopt = (text: string): void => {
      try {
        this.#adopt(this.#read(text, formatOf(path)), 'file');
      } catch (error) {
        failed(error);
      }
    };
    this.#watch = watchFile(path, adopt, failed);
    // Opening the journal takes its time, and the file may have changed meanwhile.
    if (this.#watch.text !== this.#loaded.text) adopt(this.#watch.text);
  }

  view(withText: boolean): PolicyView {
    const { layer, text } = this.#loaded;
    const policy = this.current.for(undefined);
    const { rules, digest } = policy;
    return {
      digest,
      source: this.kind,
      layers: [{ layer: 'server', name: layer.name, digest, rules, ...(withText ? { text } : {}) }],
      ...(this.#pending === undefined ? {} : { pending_error: this.#pending }),
    };
  }

  /** Throws `policy_not_managed` for a file, `invalid_policy` where the text does not load. */
  replace(text: string, format: PolicyFormat, by: string): void {
    if (this.kind === 'file') throw new PortcullisError('policy_not_managed');
    this.#adopt(this.#read(text, format), by, () => {
      const [path] = this.files;
      if (path === undefined) return;
      // The managed file is YAML by its name; JSON is YAML too.
      const kept = format === 'toml' ? JSON.stringify(parseToml(text), null, 2) : text;
      writeFileSync(`${path}.new`, kept, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    });
  }

  hasPreset(name: string): boolean {
    return presetText(this.#options.presets, name) !== undefined;
  }

  close(): void {
    this.#watch?.close();
  }

  #adopt(loaded: Loaded, by: string, persist: () => void = () => {}): void {
    const { policy } = loaded;
    const from = this.current.for(undefined).digest;
    if (policy.digest !== from) {
      this.#announce({ from, to: policy.digest, rules: policy.rules, by });
      persist();
      this.#loaded = loaded;
      this.current.replace(policy);
    }
    this.#pending = undefined;
  }

  /** Throws `invalid_policy`, naming the place of the first mistake. */
  #read(text: string, format: PolicyFormat): Loaded {
    const layer: Layer = { layer: 'server', name: this.files[0] ?? 'policy', text, format };
    return { layer, text, policy: loadPolicy([layer], this.#options) };
  }

  #compose(preset: string): Policy {
    const { presets, startDir } = this.#options;
    // A session may outlive the preset that it was opened under: an empty layer permits nothing.
    const text = presetText(presets, preset)?.(startDir);
    const layer: Layer = { layer: 'session', name: preset, text: text ?? '' };
    return loadPolicy([this.#loaded.layer, layer], this.#options);
  }
}

/** The files that hold this policy: no action may reach what decides over it. */
export function policyFiles(policy: PolicyOption | undefined): readonly string[] {
  const file = fileOf(policy);
  return file === undefined ? [] : [file.path];
}

function fileOf(
  policy: PolicyOption | undefined,
): { kind: 'file' | 'managed'; path: string } | undefined {
  if (typeof policy !== 'object') return undefined;
  const { file, managed } = policy as { file?: unknown; managed?: unknown };
  if (typeof file === 'string') return { kind: 'file', path: resolve(file) };
  if (typeof managed === 'string') return { kind: 'managed', path: resolve(managed) };
  return undefined;
}

function formatOf(path: string): PolicyFormat {
  const extension = extname(path);
  return extension === '.json' ? 'json' : extension === '.toml' ? 'toml' : 'yaml';
}
