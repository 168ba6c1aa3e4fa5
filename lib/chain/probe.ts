import { FIELD_OFFSETS, hasQedMagic } from "../qed/mod.ts";
import { FileStorage } from "../storage/mod.ts";
import { HostError } from "../storage/host_error.ts";

/** The supported formats. */
export type ImageFormat = "qed" | "raw";

/** The names of the formats, for options and messages. */
export const IMAGE_FORMATS: readonly ImageFormat[] = ["qed", "raw"];

/** The magic of formats that are not supported: name, offset in bytes, the bytes. */
const FOREIGN: readonly (readonly [string, number, string])[] = [
  ["qcow2 or qcow", 0, "QFI\xfb"],
  ["vmdk", 0, "KDMV"],
  ["vmdk", 0, "COWD"],
  ["vmdk", 0, "# Disk DescriptorFile"],
  ["vhdx", 0, "vhdxfile"],
  ["vpc (vhd)", 0, "conectix"],
  ["vdi", 64, "\x7f\x10\xda\xbe"],
  ["parallels", 0, "WithoutFreeSpace"],
  ["parallels", 0, "WithouFreSpacExt"],
  ["bochs", 0, "Bochs Virtual HD Image"],
  ["luks", 0, "LUKS\xba\xbe"],
  ["cow", 0, "OOOM"],
];

/** The number of bytes of a file that are probed. */
export const PROBED_BYTES = 128;

/**
 * Detect the format of a file by its first bytes: QED by its magic, and raw if no magic is
 * recognized. Throws {@linkcode HostError} for the magic of an unsupported format, whose guest's
 * data would be garbage when read as raw.
 */
export function probeFormat(file: FileStorage): ImageFormat {
  const bytes = new Uint8Array(PROBED_BYTES);
  const moved = file.perform({
    kind: "read",
    file: 0,
    offsetBytes: FIELD_OFFSETS.common.magic,
    into: bytes,
    label: "probe",
  });
  const found = foreignFormat(bytes.subarray(0, moved));
  if (found === "qed") return "qed";
  if (found === undefined) return "raw";
  throw new HostError(
    `Looks like a ${found} image, and only qed and raw are supported ` +
      "(to read its bytes, name the format: raw)",
  );
}

/** The format, other than raw, whose magic these bytes start with. */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  if (hasQedMagic(bytes)) return "qed";
  return FOREIGN.find(([, offset, magic]) => startsWith(bytes.subarray(offset), magic))?.[0];
}

function startsWith(bytes: Uint8Array, magic: string): boolean {
  for (let i = 0; i < magic.length; i++) if (bytes[i] !== magic.charCodeAt(i)) return false;
  return true;
}
