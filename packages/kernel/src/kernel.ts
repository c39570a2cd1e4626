/** The wiring: which part stands where. Everything else is given its neighbours from here. */
import type { Kernel } from '@portcullis/wire';
import type { CreateKernelOptions, HostOptions, KernelHost } from './host.ts';

export async function openHost(_options: HostOptions): Promise<KernelHost> {
  throw new Error('being written');
}

export async function createKernel(_options: CreateKernelOptions = {}): Promise<Kernel> {
  throw new Error('being written');
}
