/** What admission lets in. Every reader of this folder holds to one set of limits, whatever way a request came. */
export interface AdmissionLimits {
  /** UTF-8 bytes of the whole text. */
  readonly bytes: number;
  /** Containers inside each other, the outermost one counted. */
  readonly depth: number;
  /** Members of all objects together. */
  readonly keys: number;
  /** UTF-16 units of one string. */
  readonly string: number;
  /** UTF-16 units of one member name. */
  readonly key: number;
}

export const ADMISSION_LIMITS: AdmissionLimits = Object.freeze({
  bytes: 1_048_576,
  depth: 32,
  keys: 10_000,
  string: 1_000_000,
  key: 1_024,
});
