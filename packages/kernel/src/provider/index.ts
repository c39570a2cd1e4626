/** The built-in providers, and the registry that the gate looks actions up in. */
export { createFsProvider } from './fs/index.ts';
export { createHttpProvider } from './http/index.ts';
export { createProcProvider } from './proc/index.ts';
export { probeSandbox } from './proc/sandbox.ts';
export { createRegistry } from './registry.ts';
