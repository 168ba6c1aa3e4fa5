/** System calls on files that Deno has no function for. */
const SYMBOLS = {
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  fcntl: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  posix_fadvise: { parameters: ["i32", "i64", "i64", "i32"], result: "i32", optional: true },
  preadv2: { parameters: ["i32", "buffer", "i32", "i64", "i32"], result: "i64", optional: true },
} as const;

/** Functions of the C library. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let loaded: Libc | null | undefined;

/**
 * The C library's functions, or null where they cannot be called: not Linux, not a 64-bit machine,
 * or no permission. Callers need a fallback.
 */
export function libc(): Libc | null {
  if (loaded === undefined) loaded = load();
  return loaded;
}

function load(): Libc | null {
  const isKnown = Deno.build.os === "linux" && ["x86_64", "aarch64"].includes(Deno.build.arch);
  if (!isKnown || Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return null;
  try {
    return Deno.dlopen("libc.so.6", SYMBOLS).symbols;
  } catch {
    return null;
  }
}
