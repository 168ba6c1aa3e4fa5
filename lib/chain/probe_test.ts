import { assertEquals, assertThrows } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { FileStorage } from "../storage/mod.ts";
import { HostError } from "../storage/host_error.ts";
import { probeFormat } from "./probe.ts";

function probe(dir: string, bytes: Uint8Array): string {
  Deno.writeFileSync(`${dir}/probed`, bytes);
  using file = FileStorage.open(`${dir}/probed`, "read-only");
  return probeFormat(file);
}

function starting(text: string, at = 0): Uint8Array {
  const bytes = new Uint8Array(512);
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return bytes;
}

Deno.test("QED is detected by its magic, and unknown contents are raw", () =>
  inTempDir((dir) => {
    assertEquals(probe(dir, starting("QED\0")), "qed");
    assertEquals(probe(dir, starting("QED\0").subarray(0, 4)), "qed");
    for (const text of ["", "QED ", "QFI", "\x55\xaa", "LUKS"]) {
      assertEquals(probe(dir, starting(text)), "raw", text);
    }
    assertEquals(probe(dir, new Uint8Array(0)), "raw");
    assertEquals(probe(dir, starting("QED").subarray(0, 3)), "raw");
  }));

Deno.test("unsupported formats are named, and not opened as raw", () =>
  inTempDir((dir) => {
    const images: [string, Uint8Array][] = [
      ["qcow2", starting("QFI\xfb")],
      ["vmdk", starting("KDMV")],
      ["vmdk", starting("# Disk DescriptorFile")],
      ["vhdx", starting("vhdxfile")],
      ["vhd", starting("conectix")],
      ["vdi", starting("\x7f\x10\xda\xbe", 64)],
      ["parallels", starting("WithouFreSpacExt")],
      ["luks", starting("LUKS\xba\xbe")],
    ];
    for (const [name, bytes] of images) {
      assertThrows(() => probe(dir, bytes), HostError, name);
    }
  }));
