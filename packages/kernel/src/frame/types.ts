/** What a frame may hold. */
export interface FrameLimits {
  /** Bytes of the frame's data as JSON. */
  readonly bytes: number;
  readonly depth: number;
}

export const FRAME_LIMITS: FrameLimits = Object.freeze({ bytes: 262_144, depth: 32 });
