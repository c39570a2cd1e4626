/**
 * Values that look like secrets and are none. Providers give them away in results and errors, cases plant them in requests as
 * `{{canary_NAME}}`; wherever one comes out, in the clear or in base64, something leaks.
 */
import type { Json, JsonObject } from '@portcullis/wire';

export const CANARIES = Object.freeze({
  bearer: 'Bearer c4n4ryc4n4ryc4n4ryc4n4ry0123456789',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeS0wMTIzNDU2Nzg5',
  aws: 'AKIAC4N4RYC4N4RYC4N4',
  github: 'ghp_c4n4ryC4N4RYc4n4ryC4N4RYc4n4ry012345',
  connection: 'postgres://canary:c4n4ry-pass@db.example/prod',
  key: '-----BEGIN PRIVATE KEY-----\nMIIC4n4ryCanaryCanary\n-----END PRIVATE KEY-----',
});

/** What must not be seen of each: the part that is secret. */
const SECRET: Readonly<Record<keyof typeof CANARIES, string>> = {
  ...CANARIES,
  bearer: 'c4n4ryc4n4ryc4n4ryc4n4ry0123456789',
  connection: 'c4n4ry-pass',
  key: 'MIIC4n4ryCanaryCanary',
};

export const canaryVariables: JsonObject = Object.fromEntries(
  Object.entries(CANARIES).map(([name, value]) => [`canary_${name}`, value]),
);

/** Texts to look for: each secret, and what base64 makes of its middle at each of the three alignments. */
export const secretTexts: readonly string[] = Object.values(SECRET).flatMap((secret) => [
  secret,
  ...[0, 1, 2].map((shift) => {
    const bytes = Buffer.from(secret).subarray(shift);
    return bytes
      .subarray(0, bytes.length - (bytes.length % 3))
      .toString('base64')
      .slice(0, 24);
  }),
]);

export const leakedIn = (text: string): readonly string[] =>
  secretTexts.filter((secret) => text.includes(secret));

/** An answer without what the requester itself said: the action's own parameters and resource, given back to who sent them. */
export function withoutOwnWords(answer: Json): Json {
  if (Array.isArray(answer)) return answer.map(withoutOwnWords);
  if (answer === null || typeof answer !== 'object') return answer;
  const { action, results, ...rest } = answer;
  return results === undefined ? rest : { ...rest, results: withoutOwnWords(results) };
}
