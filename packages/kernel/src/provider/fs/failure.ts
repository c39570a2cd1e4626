/**
 * What the operating system says, as a ProviderError: the errno's name and a sentence, never a path and never
 * the system's own message, which holds one.
 */
import type { Code } from '../../errors.ts';
import { ProviderError } from '../types.ts';

const KNOWN: Readonly<Record<string, readonly [Code, string]>> = Object.freeze({
  ENOENT: ['not_found', 'there is no such file or directory'],
  ENOTDIR: ['provider_error', 'a part of the path is not a directory'],
  EISDIR: ['provider_error', 'this is a directory'],
  EEXIST: ['provider_error', 'it exists already'],
  ENOTEMPTY: ['provider_error', 'the directory is not empty'],
  EACCES: ['provider_error', 'the operating system does not let this process do that'],
  EPERM: ['provider_error', 'the operating system does not let this process do that'],
  EROFS: ['provider_error', 'the file system is read-only'],
  ENOSPC: ['provider_error', 'there is no room left on the device'],
  EDQUOT: ['provider_error', 'the disk quota is used up'],
  EXDEV: ['provider_error', 'source and destination are on different file systems'],
  ENAMETOOLONG: ['provider_error', 'a name in the path is too long'],
  EINVAL: ['provider_error', 'the operating system cannot do that with this path'],
  EBUSY: ['provider_error', 'it is in use'],
  ETXTBSY: ['provider_error', 'it is a program that runs'],
  EMFILE: ['provider_error', 'too many files are open'],
  ENFILE: ['provider_error', 'too many files are open'],
  EIO: ['provider_error', 'the device failed'],
  ELOOP: ['outside_permit', 'a symbolic link stands where a file or directory was permitted'],
  ENXIO: ['provider_refused', 'this is not a regular file'],
});

export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** A ProviderError passes as it is, with the stronger of the two effects. */
export function fsFailure(error: unknown, effect: 'none' | 'possible'): ProviderError {
  if (error instanceof ProviderError) {
    return error.effect === effect || effect === 'none'
      ? error
      : new ProviderError(error.code, error.message, effect, error);
  }
  const errno = errnoOf(error);
  const [code, sentence] = (errno === undefined ? undefined : KNOWN[errno]) ?? [
    'provider_error',
    'the file system answered with an error',
  ];
  return new ProviderError(
    code,
    errno === undefined ? sentence : `${sentence} (${errno})`,
    effect,
    error,
  );
}

export const outsidePermit = (detail: string): ProviderError =>
  new ProviderError('outside_permit', detail);

export const refused = (detail: string): ProviderError =>
  new ProviderError('provider_refused', detail);
