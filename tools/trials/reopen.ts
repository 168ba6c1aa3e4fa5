import type { ByteSource, PagedStorage } from "../../harness/advanced.ts";
import { imageOptions } from "./formats.ts";
import { QemuDisk } from "./qemu_disk.ts";
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
    using disk = await QemuDisk.open({
      ...{ image: imageOptions(format, path), socketPath: `${path}.sock` },
      cache: "writethrough",
    });
    await disk.end();
    return new SparseImage(path);
  } catch (error) {
    if (!(error instanceof QemuToolError) && !(error instanceof QemuToolCrash)) throw error;
    return error.message.replaceAll(path, "the image");
  }
}
