/** The built-in providers, and the registry that the gate looks actions up in. */
export { createFsProvider, type FsProviderOptions } from './fs/index.ts';
export { createHttpProvider, type HttpProviderOptions } from './http/index.ts';
export { createProcProvider, type ProcProviderOptions } from './proc/index.ts';
export { programName, type Runner, runsOthers } from './proc/program-knowledge.ts';
export { probeSandbox, type SandboxPolicy, type SandboxProbe } from './proc/sandbox.ts';
export { createRegistry } from './registry.ts';
