/** Operational logs as JSON lines on stderr: route, status, key id, duration. Never headers, bodies, queries or error texts. */
import { destination, type Logger, pino } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LogTarget {
  write(line: string): void;
}

export function createLog(level: LogLevel, target: LogTarget = destination(2)): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, target);
}

/** What may be said of a fault: its name and where it was thrown. Its message may quote what a request held. */
export function faultOf(error: unknown): { readonly name: string; readonly at: readonly string[] } {
  if (!(error instanceof Error)) return { name: typeof error, at: [] };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { name: error.name, at: frames.slice(0, 12).map((line) => line.trim()) };
}
