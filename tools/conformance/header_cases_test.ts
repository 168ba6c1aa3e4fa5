/** The header cases of the kit, applied to this library. */
import { assertEquals, assertThrows } from "@std/assert";
import { readOnly } from "../../test_support/read_only.ts";
import { FormatError, openImage, type OpenOptions, type QedImage, runSync } from "../../lib/mod.ts";
import type { ImageBuilder } from "../../lib/qed/format/image_builder.ts";
import { HEADER_CASES } from "./cases/header_cases.ts";

function open(builder: ImageBuilder, options: OpenOptions = {}): QedImage {
  return runSync(openImage(options), [readOnly(builder.file)]);
}

for (const { name, build, refused } of HEADER_CASES) {
  if (!refused) {
    Deno.test(`opens: ${name}`, () => {
      assertEquals(open(build()).header.layout, "final");
    });
    continue;
  }
  Deno.test(`refuses without writing: ${name}`, () => {
    for (const options of [{}, { writable: true }, { layout: "final" as const }]) {
      const error = assertThrows(() => open(build(), options), FormatError);
      const { field, offsetBytes, value } = error;
      assertEquals([field, offsetBytes, value], [...refused]);
      assertEquals(error.message.startsWith(`${field} at offset ${offsetBytes} is `), true);
    }
  });
}
