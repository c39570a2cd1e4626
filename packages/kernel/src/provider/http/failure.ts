/** What goes wrong in an exchange, as a ProviderError: a sentence and the code of the cause, never an address or a header. */
import { ProviderError } from '../types.ts';

const SENTENCES: Readonly<Record<string, string>> = Object.freeze({
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve for now',
  ENODATA: 'the name does not resolve',
  ECONNREFUSED: 'the host refused the connection',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the host did not answer the connection',
  UND_ERR_CONNECT_TIMEOUT: 'the host did not answer the connection',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_HEADERS_OVERFLOW: 'the response headers are too large',
  HPE_HEADER_OVERFLOW: 'the response headers are too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the response is not as long as it said',
  Z_DATA_ERROR: 'the response is not encoded as it said',
  Z_BUF_ERROR: 'the response is not encoded as it said',
});

export function httpFailure(
  error: unknown,
  ended: 'cancelled' | 'timeout' | undefined,
  effect: 'none' | 'possible',
): ProviderError {
  if (error instanceof ProviderError) {
    return effect === 'none' ? error : new ProviderError(error.code, error.message, effect, error);
  }
  if (ended === 'cancelled')
    return new ProviderError('cancelled', 'the caller went away', effect, error);
  if (ended === 'timeout')
    return new ProviderError('timeout', 'the exchange took too long', effect, error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = SENTENCES[code];
  if (known !== undefined)
    return new ProviderError('provider_error', `${known} (${code})`, effect, error);
  if (/CERT|TLS|SSL|SIGNATURE|ISSUER/.test(code)) {
    return new ProviderError(
      'provider_error',
      `the TLS connection is not trusted (${code})`,
      effect,
      error,
    );
  }
  return new ProviderError(
    'provider_error',
    `the exchange failed${/^[A-Z_]+$/.test(code) ? ` (${code})` : ''}`,
    effect,
    error,
  );
}
