/** What can be asked about policy. */
export interface PolicyLayerView {
  readonly layer: 'server' | 'tenant' | 'session';
  readonly name: string;
  readonly digest: string;
  readonly rules: number;
  readonly text?: string;
}

export interface PolicyView {
  /** Digest over all layers: what records and permits name. */
  readonly digest: string;
  /** `file`: the file rules and HTTP may not write; `managed`: HTTP writes. */
  readonly source: 'file' | 'managed' | 'code';
  readonly layers: readonly PolicyLayerView[];
  /** The mistake that kept the newest text from loading; the last good set is in force. */
  readonly pending_error?: string;
}

export interface PolicyDiagnostic {
  readonly severity: 'error' | 'warning';
  /** Stable: unknown_key, bad_duration, unconditional_permit, shadowed_rule, impossible_rule, … */
  readonly code: string;
  readonly message: string;
  /** 1-based; absent for plain objects. */
  readonly line?: number;
  readonly column?: number;
  /** JSON Pointer into the document. */
  readonly path: string;
}

export interface PolicyReport {
  readonly ok: boolean;
  readonly digest?: string;
  readonly rules: number;
  readonly diagnostics: readonly PolicyDiagnostic[];
}
