/** What has shown no sign of life for so long hangs for ever. Generous: the machine may be busy. */
export const FOR_EVER_MS = 120_000;

/** Rejects when something takes for ever. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} hangs: nothing for ${FOR_EVER_MS} ms`)), FOR_EVER_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
