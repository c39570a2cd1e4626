/** What a proc provider was made with, ready for use. */
import type { Reach } from '../fs/reach.ts';
import type { Bounds } from './bounds.ts';
import type { Sandbox } from './sandbox.ts';
import type { Slots } from './slots.ts';

export interface Settings {
  readonly startDir: string;
  readonly sandbox: Sandbox | undefined;
  readonly bwrap: string;
  readonly bindsDescriptors: boolean;
  readonly reach: Reach;
  readonly runners: ReadonlySet<string>;
  readonly allowEnv: ReadonlySet<string>;
  readonly searchPath: readonly string[];
  readonly slots: Slots;
  readonly bounds: Bounds;
  readonly timeout: number;
  readonly maxTimeout: number;
  readonly cap: number;
}
