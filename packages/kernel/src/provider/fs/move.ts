/**
 * `fs.delete` and `fs.move`: both ends in held and verified directories. A directory is deleted only when empty. Without
 * `overwrite` a destination that shows is kept; one that another process makes in the instant before the rename is not.
 */
import { lstatSync, renameSync, rmdirSync, type Stats, unlinkSync } from 'node:fs';
import type { Json, JsonObject } from '@portcullis/wire';
import { flagParam, textParam } from '../params.ts';
import { ProviderError } from '../types.ts';
import { type Directory, splitPath } from './directories.ts';
import { fsFailure, outsidePermit, refused } from './failure.ts';
import { type FsWorld, requireRegular } from './file.ts';
import { isWithin } from './mounts.ts';

type Params = Readonly<JsonObject>;

/** What a delete or move may take: a regular file, or a directory that holds nothing of ours. */
function takeable(world: FsWorld, path: string, directory: Directory, name: string): Stats {
  const stats = lstatSync(directory.at(name));
  if (stats.isDirectory()) {
    world.reach.tree(path);
    world.reach.inode(stats);
  } else {
    requireRegular(stats, world.reach);
  }
  return stats;
}

export function deleteFile(world: FsWorld, path: string): Json {
  world.reach.path(path);
  const { parent, name } = splitPath(path);
  const directory = world.directories.verify(parent);
  const stats = takeable(world, path, directory, name);
  if (stats.isDirectory()) {
    rmdirSync(directory.at(name));
    world.directories.forget(path);
  } else {
    unlinkSync(directory.at(name));
  }
  return { deleted: stats.isDirectory() ? 'directory' : 'file' };
}

export function moveFile(world: FsWorld, path: string, params: Params): Json {
  const to = textParam(params, 'to');
  if (to === undefined) throw new ProviderError('invalid_params', 'the parameter to is missing');
  const overwrite = flagParam(params, 'overwrite', false);
  world.reach.path(path);
  world.reach.path(to);
  if (isWithin(to, path)) throw refused('the destination lies in what is moved');
  const from = splitPath(path);
  const target = splitPath(to);
  const stats = takeable(world, path, world.directories.verify(from.parent), from.name);
  // What the directory holds would come to lie where nothing of it may.
  if (stats.isDirectory()) world.reach.tree(to);

  let made = 0;
  let goal: Directory;
  if (flagParam(params, 'parents', true)) {
    const result = world.directories.make(target.parent);
    made = result.made;
    goal = result.directory;
  } else {
    goal = world.directories.verify(target.parent);
  }
  try {
    const there = lstatSync(goal.at(target.name), { throwIfNoEntry: false });
    if (there !== undefined) {
      if (!overwrite) throw refused('the destination exists already; overwrite is false');
      if (there.isDirectory() !== stats.isDirectory()) {
        throw refused('a directory cannot replace a file, nor a file a directory');
      }
      takeable(world, to, goal, target.name);
    }
    const source = world.directories.verify(from.parent);
    const still = lstatSync(source.at(from.name));
    if (still.ino !== stats.ino || still.dev !== stats.dev) {
      throw outsidePermit('the file changed while it was being moved');
    }
    renameSync(source.at(from.name), goal.at(target.name));
    if (stats.isDirectory()) world.directories.forget(path);
    return { moved: stats.isDirectory() ? 'directory' : 'file', replaced: there !== undefined };
  } catch (error) {
    throw fsFailure(error, made > 0 ? 'possible' : 'none');
  }
}
