/** Run `body` with a new directory that is removed afterwards, also after a failure. */
export async function inTempDir<T>(body: (dir: string) => T | Promise<T>): Promise<T> {
  const dir = Deno.makeTempDirSync({ prefix: "powercut_" });
  try {
    return await body(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}
