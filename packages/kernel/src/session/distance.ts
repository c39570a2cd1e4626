/** How far apart two places on Earth are. */

/** Mean radius of the Earth in kilometres (IUGG). */
const RADIUS = 6_371.0088;
const RADIANS = Math.PI / 180;

export interface Place {
  /** Degrees, WGS 84. */
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * Kilometres along the great circle, by the haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky & Telescope 68, 1984), right to
 * about 0.5 % for the Earth is no ball. NaN where a coordinate is no number.
 */
export function kilometres(a: Place, b: Place): number {
  const sinLatitude = Math.sin(((b.latitude - a.latitude) * RADIANS) / 2);
  const sinLongitude = Math.sin(((b.longitude - a.longitude) * RADIANS) / 2);
  const h =
    sinLatitude * sinLatitude +
    Math.cos(a.latitude * RADIANS) * Math.cos(b.latitude * RADIANS) * sinLongitude * sinLongitude;
  // Rounding may leave it a hair above one, where nothing has that sine.
  return 2 * RADIUS * Math.asin(Math.sqrt(Math.min(h, 1)));
}

/** Undefined where half of it is missing, or is no place on Earth. */
export function placeOf(said: {
  readonly latitude?: number;
  readonly longitude?: number;
}): Place | undefined {
  const { latitude, longitude } = said;
  if (latitude === undefined || longitude === undefined) return undefined;
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
    ? { latitude, longitude }
    : undefined;
}
