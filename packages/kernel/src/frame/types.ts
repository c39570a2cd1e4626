/** What a frame may hold. */
export interface FrameLimits {
  /** Bytes of the frame's data as JSON. */
  readonly bytes: number;
  readonly depth: number;
}
