/** The kernel throws `not_found` for what is not there, or is not for this key to see; where that is an answer like any other, it is undefined here. */
export async function unlessAbsent<T>(finding: Promise<T>): Promise<T | undefined> {
  try {
    return await finding;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'not_found') return undefined;
    throw error;
  }
}
