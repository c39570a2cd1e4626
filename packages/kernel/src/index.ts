/** The public face of the kernel: what is not here is private. */
export { CODES, type Code, type CodeInfo, PortcullisError } from './errors.ts';
export type { Caller, Right } from './gate/guard.ts';
export type {
  AdminAction,
  CreateKernelOptions,
  HostOptions,
  KernelHost,
  PolicyOption,
} from './host.ts';
export { createKernel, openHost } from './kernel.ts';
export {
  type ActionDefinition,
  type Provider,
  type ProviderContext,
  ProviderError,
  type ProviderOutput,
} from './provider/types.ts';
