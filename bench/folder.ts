/** A kernel in a folder of its own that goes away with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CreateKernelOptions, createKernel } from '@portcullis/kernel';
import type { Kernel } from '@portcullis/wire';

export async function inFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Permits what starts with `ok.`, and nothing else. */
export const POLICY = {
  version: 1,
  rules: [{ name: 'ok', effect: 'permit', when: { action: 'ok.*' } }],
};

export function withKernel<T>(
  options: CreateKernelOptions,
  use: (kernel: Kernel, dataDir: string) => T | Promise<T>,
): Promise<T> {
  return inFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const kernel = await createKernel({
      dataDir,
      startDir: folder,
      builtins: [],
      policy: POLICY,
      ...options,
    });
    try {
      return await use(kernel, dataDir);
    } finally {
      await kernel.close();
    }
  });
}
