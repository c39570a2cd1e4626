/**
 * What code and files define, and the files followed: a change of one reads all of them again. What has mistakes leaves the last good set in
 * force, whole, and says so.
 */
import type { CapabilityDefinition } from '@portcullis/wire';
import { readWatched, type WatchedFile, watchFile } from '../../store/watched-file.ts';
import { readCapabilityFiles } from './files.ts';

type Definitions = readonly CapabilityDefinition[];

export class ConfiguredCapabilities {
  /** As they were at first. */
  readonly definitions: Definitions;
  readonly #code: Definitions;
  readonly #paths: readonly string[];
  /** Before they were read: what was written meanwhile differs from it. */
  readonly #texts: readonly (string | undefined)[];
  readonly #onMessage: (level: 'notice' | 'fault', message: string) => void;
  #watches: readonly WatchedFile[] = [];

  /** Throws what reading the files throws: there is no good set to keep. */
  constructor(
    code: Definitions,
    paths: readonly string[],
    onMessage: (level: 'notice' | 'fault', message: string) => void,
  ) {
    this.#code = code;
    this.#paths = paths;
    this.#onMessage = onMessage;
    this.#texts = paths.map(textOf);
    this.definitions = this.#read();
  }

  /** `adopt` is given every set that can be read from now on; a throw of it keeps the old one. */
  start(adopt: (definitions: Definitions) => void): void {
    const failed = (error: unknown): void => {
      const why = error instanceof Error ? error.message : String(error);
      this.#onMessage('fault', `the last good capabilities stay in force: ${why}`);
    };
    const reload = (): void => {
      try {
        adopt(this.#read());
      } catch (error) {
        failed(error);
      }
    };
    this.#watches = this.#paths.map((path) => watchFile(path, reload, failed));
    // Opening the journal takes its time, and the files may have changed meanwhile.
    if (this.#watches.some(({ text }, i) => text !== this.#texts[i])) reload();
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
  }

  #read(): Definitions {
    return [...this.#code, ...readCapabilityFiles(this.#paths)];
  }
}

function textOf(path: string): string | undefined {
  try {
    return readWatched(path);
  } catch {
    return undefined;
  }
}
