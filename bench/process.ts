/** What a process took. */
export interface ProcessCost {
  /** From its start to its end. */
  readonly seconds: number;
  /** The most memory it held at a time, in bytes; 0 where the system does not tell. */
  readonly mostMemoryBytes: number;
  /** Its exit code. */
  readonly code: number;
}

/** How often a running process is asked for its memory. */
const POLL_MS = 5;

/** Run a program to its end, whatever its exit code, and take its time and memory. */
export async function costOf(program: string, args: readonly string[]): Promise<ProcessCost> {
  const start = performance.now();
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let mostMemoryBytes = 0;
  const poll = setInterval(() => {
    mostMemoryBytes = Math.max(mostMemoryBytes, mostMemoryOf(child.pid));
  }, POLL_MS);
  const { code } = await child.status;
  clearInterval(poll);
  return { seconds: (performance.now() - start) / 1000, mostMemoryBytes, code };
}

/** The most that a process has held so far: the system keeps count, so late is early enough. */
function mostMemoryOf(pid: number): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
    return line ? Number(line[1]) * 1024 : 0;
  } catch {
    // It has just ended, or there is no /proc.
    return 0;
  }
}

/** The image tool as users run it. */
export async function costOfTool(args: readonly string[]): Promise<ProcessCost> {
  const main = new URL("../lib/cli/main.ts", import.meta.url).pathname;
  return await costOf(Deno.execPath(), ["run", "-A", "--frozen", main, ...args]);
}

/** Whether `qemu-img` is there to be compared with; says so if it is not. */
export function hasQemuImg(): boolean {
  try {
    new Deno.Command("qemu-img", { args: ["--version"], stdout: "null" }).outputSync();
    return true;
  } catch {
    console.log("qemu-img is not in PATH (Debian: qemu-utils): no figures beside ours");
    return false;
  }
}
