/** Whether a process runs; a zombie does not. */
export function isRunning(pid: number | string): boolean {
  try {
    return !/\) [ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
