/** The public face of the command line: what is not here is private. */
export { type Configuration, loadConfiguration, type Sources } from './config/effective.ts';
export { sidecarOptions } from './config/sidecar-options.ts';
export { main } from './main.ts';
