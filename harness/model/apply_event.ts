import type { LogEvent } from "../log/write_log.ts";
import type { PagedStorage } from "./paged_storage.ts";

/** Do to `file` what an event says was done: the file as its program sees it. */
export function applyEvent(file: PagedStorage, event: LogEvent): void {
  if (event.kind === "write-issued") {
    file.write(event.offsetBytes, event.bytes.length, event.bytes);
  } else if (event.kind === "resized") file.resize(event.sizeBytes);
  else if (event.kind === "discarded") {
    file.write(event.offsetBytes, event.lengthBytes, undefined);
  }
}
