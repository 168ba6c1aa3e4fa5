/** Where a command writes; tests hand in their own. */
export interface Output {
  /** Results, to standard output; a line break is added. */
  print(text: string): void;
  /** Messages, to standard error; a line break is added. */
  complain(text: string): void;
  /** Show how far long work is, replacing what was shown before; nothing without a terminal. */
  progress(text: string): void;
}

/** The process's own streams. */
export function terminalOutput(): Output {
  const isTerminal = Deno.stderr.isTerminal();
  let shownAt = 0;
  let isShown = false;
  const encoder = new TextEncoder();
  const clear = () => {
    if (isShown) Deno.stderr.writeSync(encoder.encode("\r\x1b[K"));
    isShown = false;
  };
  return {
    print(text) {
      clear();
      console.log(text);
    },
    complain(text) {
      clear();
      console.error(text);
    },
    progress(text) {
      const now = performance.now();
      if (!isTerminal || now - shownAt < 100) return;
      shownAt = now;
      isShown = true;
      Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${text}`));
    },
  };
}
