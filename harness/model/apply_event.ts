import type { LogEvent } from "../log/write_log.ts";
import type { PagedStorage } from "./paged_storage.ts";

/** Apply an event to `file`, so that it holds the contents that the program sees. */
export function applyEvent(file: PagedStorage, event: LogEvent): void {
  if (event.kind === "write-issued") {
    file.write(event.offsetBytes, event.bytes.length, event.bytes);
  } else if (event.kind === "resized") file.resize(event.sizeBytes);
  else if (event.kind === "discarded") {
    file.write(event.offsetBytes, event.lengthBytes, undefined);
  }
}
