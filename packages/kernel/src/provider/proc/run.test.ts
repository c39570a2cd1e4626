/** A program whose time is over before its box is bounded: nothing looks after it any more. */
import { expect, it, vi } from 'vitest';
import type { Deadline } from '../deadline.ts';
import { canLimit, DEFAULT_BOUNDS } from './bounds.ts';
import { type RunRequest, runProcess } from './run.ts';

const children = () =>
  process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
const when = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((turn) => setImmediate(turn));
};

/** Says that it is a box and waits to be let go. */
const held: RunRequest = {
  file: '/bin/sh',
  argv0: 'sh',
  args: ['-c', 'printf \'{"child-pid": %d }\' $$ >&3; read x <&4'],
  cwd: '/',
  env: {},
  stdin: undefined,
  extra: ['collect', 'hold'],
  bounds: DEFAULT_BOUNDS,
  cap: 1_000,
};

it.runIf(process.platform === 'linux' && canLimit())(
  'no timer is left where the time ended while the limits were set',
  async () => {
    const started = vi.spyOn(globalThis, 'setInterval');
    try {
      for (let i = 0; i < 5; i += 1) {
        const before = children();
        // The program itself, and what sets its limits.
        const late = when(() => children() >= before + 2).then(() =>
          Promise.reject(new Error('late')),
        );
        const deadline: Deadline = {
          signal: new AbortController().signal,
          ended: () => 'timeout',
          race: (work) => Promise.race([work, late]),
          release: () => {},
        };
        await expect(runProcess(held, deadline)).rejects.toThrow('late');
        await when(() => children() <= before);
      }
      expect(started).not.toHaveBeenCalled();
    } finally {
      for (const { value } of started.mock.results) clearInterval(value);
      started.mockRestore();
    }
  },
);
