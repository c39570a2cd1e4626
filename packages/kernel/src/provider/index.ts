/** The built-in providers, and the registry that the gate looks actions up in. */
export { createFsProvider, type FsProviderOptions } from './fs/index.ts';
export { createHttpProvider, type HttpProviderOptions } from './http/index.ts';
export { createRegistry } from './registry.ts';
