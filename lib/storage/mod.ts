/** Storage: requests as values, the drivers that run them, and filters between the two. */
export * from "./file_storage.ts";
export * from "./filter.ts";
export * from "./memory_storage.ts";
export * from "./request.ts";
export * from "./run_async.ts";
export * from "./run_sync.ts";
export * from "./sector.ts";
export * from "./storage_error.ts";
