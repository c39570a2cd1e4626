/** Names that the configuration has of its own, so that a command reads it without loading the kernel, are those of the kernel and the sidecar: no more, and no fewer. */
import type { HostOptions } from '@portcullis/kernel';
import type { LogLevel } from '@portcullis/sidecar';
import type { Mode } from '@portcullis/wire';
import { expectTypeOf, test } from 'vitest';
import type { Settings } from './settings.ts';

type Of<Key extends keyof Settings> = NonNullable<Settings[Key]>;
type Host<Key extends keyof HostOptions> = NonNullable<HostOptions[Key]>;
type Drift = Exclude<Host<'drift'>, boolean>;

// The compiler checks these: where they differ, it is that which fails.
test('choices', () => {
  expectTypeOf<Of<'mode'>>().toEqualTypeOf<Mode>();
  expectTypeOf<Of<'durability'>>().toEqualTypeOf<Host<'durability'>>();
  expectTypeOf<Of<'sandbox'>>().toEqualTypeOf<Host<'sandbox'>>();
  expectTypeOf<Of<'grants.algorithm'>>().toEqualTypeOf<NonNullable<Host<'grants'>['algorithm']>>();
  expectTypeOf<Of<'drift.require'>[number]>().toEqualTypeOf<
    NonNullable<Drift['require']>[number]
  >();
  expectTypeOf<Of<'log.level'>>().toEqualTypeOf<LogLevel>();
});
