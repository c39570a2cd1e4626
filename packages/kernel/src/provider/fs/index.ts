/**
 * The provider `fs`: reads and changes files at exactly the paths that were permitted. On Linux every name is opened in a
 * directory held by descriptor; elsewhere reads compare real paths and changes are `unsafe_platform` unless configured.
 * Calls are synchronous: a file system that hangs (a network mount) hangs the process, so keep such mounts out of policy.
 */
import type { Json, Label } from '@portcullis/wire';
import type { Action } from '../../action/types.ts';
import {
  type Provider,
  type ProviderContext,
  ProviderError,
  type ProviderOutput,
  type ProviderPiece,
} from '../types.ts';
import { FS_ACTIONS } from './definitions.ts';
import { canHold, createDirectories, createLexicalDirectories } from './directories.ts';
import { fsFailure } from './failure.ts';
import type { FsWorld } from './file.ts';
import { deleteFile, moveFile } from './move.ts';
import { createReach } from './reach.ts';
import { filePieces, listDirectory, readFile, statFile } from './read.ts';
import { appendFile, type WriteOptions, writeFile } from './write.ts';

export interface FsProviderOptions {
  /** Files and directories that no action reaches: the data dir, policy files, keys. They need not exist yet. */
  readonly outOfReach?: readonly string[];
  /** Bytes that one read gives at most. Default 10 MiB. */
  readonly maxReadBytes?: number;
  /** Bytes that one write or append takes at most. Default 10 MiB. */
  readonly maxWriteBytes?: number;
  /** Entries that one listing gives at most. Default 10,000. */
  readonly maxEntries?: number;
  /** fsync(2) before a written file is renamed into place, and after an append. Default false. */
  readonly sync?: boolean;
  /** Writes, appends, moves and deletes where directories cannot be held by descriptor. Default false. */
  readonly allowUnsafePlatform?: boolean;
  /** Treat this platform as one that cannot hold directories, to see what that means. Default false. */
  readonly lexical?: boolean;
}

const MIB = 1024 * 1024;

export const FS_DEFAULTS = Object.freeze({
  readBytes: 10 * MIB,
  writeBytes: 10 * MIB,
  entries: 10_000,
});

export function createFsProvider(options: FsProviderOptions = {}): Provider {
  const held = options.lexical !== true && canHold();
  const reach = createReach(options.outOfReach ?? []);
  const directories = held ? createDirectories(reach) : createLexicalDirectories();
  const world: FsWorld = Object.freeze({ directories, reach });
  const readCap = options.maxReadBytes ?? FS_DEFAULTS.readBytes;
  const entryCap = options.maxEntries ?? FS_DEFAULTS.entries;
  const writing: WriteOptions = Object.freeze({
    cap: options.maxWriteBytes ?? FS_DEFAULTS.writeBytes,
    sync: options.sync ?? false,
  });
  const mayChange = held || options.allowUnsafePlatform === true;

  const run = ({ name, resource, params }: Action): Json | Uint8Array => {
    switch (name) {
      case 'fs.read':
        return readFile(world, resource.value, params, readCap);
      case 'fs.list':
        return listDirectory(world, resource.value, params, entryCap);
      case 'fs.stat':
        return statFile(world, resource.value);
    }
    if (!mayChange) {
      throw new ProviderError('unsafe_platform', 'this platform cannot change files safely');
    }
    switch (name) {
      case 'fs.write':
        return writeFile(world, resource.value, params, writing);
      case 'fs.append':
        return appendFile(world, resource.value, params, writing);
      case 'fs.delete':
        return deleteFile(world, resource.value);
      case 'fs.move':
        return moveFile(world, resource.value, params);
      default:
        throw new ProviderError('no_provider', 'fs has no such action');
    }
  };

  const execute = (action: Action, context: ProviderContext): ProviderOutput => {
    if (context.signal.aborted) throw new ProviderError('cancelled', 'the caller went away');
    return tried(() => ({ data: run(action), labels: labelsOf(action) }));
  };

  /** Files that are read, where they are large; all else is done at once. */
  async function* executeStream(
    action: Action,
    context: ProviderContext,
  ): AsyncGenerator<ProviderPiece, ProviderOutput, undefined> {
    const { name, resource, params } = action;
    const { signal, wanted = () => true } = context;
    if (name !== 'fs.read' || signal.aborted) return execute(action, context);
    const pieces = tried(() => filePieces(world, resource.value, params, wanted));
    if (pieces === undefined) return execute(action, context);
    const labels = labelsOf(action);
    try {
      for (;;) {
        const next = tried(() => pieces.next());
        if (next.done === true) return { data: { truncated: next.value }, labels };
        yield { data: next.value, labels };
        if (signal.aborted) throw new ProviderError('cancelled', 'the caller went away');
      }
    } finally {
      pieces.return(true);
    }
  }

  return Object.freeze({
    family: 'fs',
    actions: FS_ACTIONS,
    limits: held ? [] : lexicalLimits(mayChange),
    execute,
    executeStream,
    close: () => directories.close(),
  });
}

function tried<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fsFailure(error, 'none');
  }
}

/** What lies in a permitted file is the owner's until something says otherwise, and not for the public. */
const labelsOf = ({ resource }: Action): readonly Label[] => [
  {
    source: 'fs',
    origin: resource.value,
    integrity: 'trusted',
    confidentiality: 'private',
  },
];

function lexicalLimits(mayChange: boolean): readonly string[] {
  return [
    'fs: directories cannot be held by descriptor here; one that is swapped between check and read is not noticed',
    mayChange
      ? 'fs: writes, moves and deletes are allowed though this platform cannot do them safely'
      : 'fs: write, append, move and delete answer unsafe_platform',
  ];
}
