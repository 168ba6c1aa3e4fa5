import { assertEquals } from "@std/assert";
import { describeRequest, type Request } from "./request.ts";

Deno.test("every request has a description of one line", () => {
  const at = { file: 0, offsetBytes: 65536, label: "header" };
  const requests: [Request, string][] = [
    [
      { ...at, kind: "read", into: new Uint8Array(64) },
      "read of 64 bytes at 65536 (header)",
    ],
    [
      { ...at, kind: "write", bytes: new Uint8Array(512) },
      "write of 512 bytes at 65536 (header)",
    ],
    [{ ...at, kind: "discard", lengthBytes: 9 }, "discard of 9 bytes at 65536 (header)"],
    [{ kind: "flush", file: 0, scope: "data", label: "guest" }, "flush (guest)"],
    [{ kind: "resize", file: 0, sizeBytes: 7, label: "tail" }, "resize to 7 bytes (tail)"],
    [{ kind: "size", file: 0 }, "size query"],
  ];
  for (const [request, line] of requests) assertEquals(describeRequest(request), line);
});
