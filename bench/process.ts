/** What a process took. */
export interface ProcessCost {
  /** From its start to its end. */
  readonly seconds: number;
  /**
   * What it had of processors, in seconds: the better figure where others use the machine too. 0
   * where the system does not say.
   */
  readonly cpuSeconds: number;
  /** The most memory it held at a time, in bytes; 0 where the system does not say. */
  readonly maxMemoryBytes: number;
  /** Its exit code. */
  readonly code: number;
}

/** How often a running process is looked at. */
const POLL_MS = 5;
/** What the system counts processor time in, on Linux. */
const TICKS_PER_SECOND = 100;

/** Run a program to its end, whatever its exit code, and take its time and memory. */
export async function costOf(program: string, args: readonly string[]): Promise<ProcessCost> {
  const start = performance.now();
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  // The system keeps count, so the last look is the one that matters.
  let used = { cpuSeconds: 0, maxMemoryBytes: 0 };
  const poll = setInterval(() => used = usedBy(child.pid) ?? used, POLL_MS);
  const { code } = await child.status;
  clearInterval(poll);
  return { seconds: (performance.now() - start) / 1000, ...used, code };
}

/** What a process has used so far; undefined if it has ended, or there is no /proc. */
function usedBy(pid: number): Omit<ProcessCost, "seconds" | "code"> | undefined {
  try {
    const memory = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
    if (!memory) return undefined;
    // The name, in parentheses, is the only field that may hold blanks.
    const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1].split(" ");
    const [userTicks, systemTicks] = fields.slice(11, 13).map(Number);
    return {
      cpuSeconds: (userTicks + systemTicks) / TICKS_PER_SECOND,
      maxMemoryBytes: Number(memory[1]) * 1024,
    };
  } catch {
    return undefined;
  }
}

/** The image tool as users run it. */
export async function costOfTool(args: readonly string[]): Promise<ProcessCost> {
  const main = new URL("../tools/powercut.ts", import.meta.url).pathname;
  return await costOf(Deno.execPath(), ["run", "-A", "--frozen", main, "qed", ...args]);
}

/** Whether `qemu-img` is there to be compared with; says so if it is not. */
export function hasQemuImg(): boolean {
  try {
    new Deno.Command("qemu-img", { args: ["--version"], stdout: "null" }).outputSync();
    return true;
  } catch {
    console.error("qemu-img is not in PATH (Debian: qemu-utils): no figures beside ours");
    return false;
  }
}
