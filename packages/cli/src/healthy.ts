/**
 * For a container's health check: exits with 0 where the sidecar of this configuration takes requests, with 1 otherwise. It reads
 * what every command in the container reads, so a socket that was moved is found; it starts nothing and needs no key.
 */
import { get } from 'node:http';
import { connect } from 'node:net';
import { loadConfiguration } from './config/effective.ts';

const PATIENCE_MS = 2_500;

const { settings } = loadConfiguration();
const socketPath = settings['listen.socket'];
const end = (healthy: boolean) => process.exit(healthy ? 0 : 1);
setTimeout(end, PATIENCE_MS, false);

if (typeof socketPath === 'string') {
  get({ socketPath, path: '/readyz', headers: { host: 'localhost' } }, ({ statusCode }) =>
    end(statusCode === 200),
  ).on('error', () => end(false));
} else {
  // What is asked over TCP may ask for a certificate first: that somebody listens has to do.
  connect(settings['listen.port'] as number, settings['listen.host'] as string, () => end(true)).on(
    'error',
    () => end(false),
  );
}
