import { assertThrows } from "@std/assert";
import { HostError } from "../storage/host_error.ts";
import { OpenImages } from "./open_images.ts";

Deno.test("one writer, or any number of readers", () => {
  const images = new OpenImages();
  const refused = (intent: "read" | "write", why: string) =>
    assertThrows(() => images.add("a", intent), HostError, why);
  {
    using _writer = images.add("a", "write");
    using _other = images.add("b", "write");
    refused("write", "open for writing");
    refused("read", "open for writing");
  }
  const first = images.add("a", "read");
  {
    using _second = images.add("a", "read");
    refused("write", "open read-only");
  }
  refused("write", "open read-only");
  first[Symbol.dispose]();
  images.add("a", "write")[Symbol.dispose]();
  images.add("a", "read")[Symbol.dispose]();
});
