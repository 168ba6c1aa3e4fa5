import type { ByteSource, PagedStorage } from "../../harness/mod.ts";
import { imageOptions } from "./formats.ts";
import { QemuIo } from "./qemu_io.ts";
import { QemuToolCrash, QemuToolError } from "./qemu_tool_error.ts";
import type { Recording } from "./record.ts";
import { SparseImage, writeImage } from "./sparse_image.ts";

/** The image once QEMU has opened it for writing and closed it; what was said if it does not open. */
export async function reopened(
  { format, base }: Recording,
  left: PagedStorage,
  folder: string,
): Promise<ByteSource | string> {
  const path = `${folder}/reopened.img`;
  writeImage(path, left, base);
  try {
    using io = await QemuIo.start(["--image-opts", imageOptions(format, path)]);
    await io.end();
    return new SparseImage(path);
  } catch (error) {
    if (!(error instanceof QemuToolError) && !(error instanceof QemuToolCrash)) throw error;
    return error.message.replaceAll(path, "the image");
  }
}
