import type { Io } from "./io.ts";

/** A value that {@linkcode formatJson} writes. */
export type Json = string | number | bigint | boolean | readonly Json[] | {
  readonly [key: string]: Json | undefined;
};

/**
 * JSON as QEMU's tools lay it out: four spaces, `": "` after keys, big integers as numbers. Keys
 * whose value is undefined are left out.
 */
export function formatJson(value: Json, indent = ""): string {
  const deeper = indent + "    ";
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object") return JSON.stringify(value);
  const lines = Array.isArray(value)
    ? value.map((item) => formatJson(item, deeper))
    : Object.entries(value).flatMap(([key, item]) =>
      item === undefined ? [] : [`${JSON.stringify(key)}: ${formatJson(item, deeper)}`]
    );
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (lines.length === 0) return open + close;
  return `${open}\n${deeper}${lines.join(`,\n${deeper}`)}\n${indent}${close}`;
}

/** Print a value as JSON, for programs that read standard output. */
export function printJson(io: Pick<Io, "print">, value: unknown): void {
  io.print(`${JSON.stringify(value, undefined, 2)}\n`);
}
