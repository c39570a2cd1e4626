/** How times are written. A face of its own, so that a command reads them without loading the kernel. */
export { parseDuration } from './duration.ts';
export { parseInstant } from './instant.ts';
