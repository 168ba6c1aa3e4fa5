import type { HeaderFields } from "./case.ts";
import type { SparseFile } from "../../../lib/storage/sparse_file.ts";

/**
 * The fields of a valid header, taken from their places in the file without asking whether they
 * make sense: what the makers of the manifests write down, independent of the library.
 */
export function headerFields(
  file: SparseFile,
  layout: HeaderFields["layout"] = "final",
): HeaderFields {
  const view = new DataView(file.read(0, 64).buffer);
  const u32 = (offsetBytes: number) => view.getUint32(offsetBytes, true);
  const u64 = (offsetBytes: number) => `${view.getBigUint64(offsetBytes, true)}`;
  const text = (offsetBytes: number, sizeBytes: number) =>
    new TextDecoder().decode(file.read(offsetBytes, sizeBytes));
  const isFinal = layout === "final";
  const hasBacking = (u32(16) & 1) !== 0;
  const nameAt = isFinal ? 56 : 48;
  const isRaw = isFinal ? (u32(16) & 4) !== 0 : (u32(24) & 1) !== 0 && text(u32(56), 3) === "raw";
  return {
    layout,
    cluster_size: u32(4),
    table_size: u32(8),
    header_size: u32(12),
    features: u64(16),
    compat_features: u64(24),
    autoclear_features: isFinal ? u64(32) : "0",
    l1_table_offset: u64(isFinal ? 40 : 32),
    image_size: u64(isFinal ? 48 : 40),
    ...(hasBacking && {
      backing_file: text(u32(nameAt), u32(nameAt + 4)),
      backing_is_raw: isRaw,
    }),
  };
}
