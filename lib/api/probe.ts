import {
  describeError,
  HostError,
  type ImageFormat,
  openRegularFile,
  probeFormat,
} from "../chain/mod.ts";

/**
 * Detect the format of the file at `path` by its first bytes: `qed`, or `raw` if no magic is
 * recognized. Reads nothing else and writes nothing.
 *
 * Throws {@linkcode HostError} if the file cannot be read, or has the magic of an unsupported
 * format.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Image, probe } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * await using _image = await Image.create(path, { sizeBytes: 2 ** 30 });
 * assertEquals(await probe(path), "qed");
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
// deno-lint-ignore require-await
export async function probe(path: string): Promise<ImageFormat> {
  try {
    using file = openRegularFile(path, "read-only");
    return probeFormat(file);
  } catch (error) {
    throw new HostError(`Could not open '${path}': ${describeError(error)}`, { cause: error });
  }
}
