/** What the bundler made, or why it could not. */
export type Bundle =
  | { readonly kind: "script"; readonly script: string }
  | { readonly kind: "missing"; readonly reason: string };

const ENTRY = new URL("./live_view.ts", import.meta.url);

let made: Promise<Bundle> | undefined;

/** The program of a page, with all of our code that it needs, for browsers. It is made once. */
export function liveScript(): Promise<Bundle> {
  return made ??= bundle();
}

/** Our own code is bundled by the Deno that runs us. */
async function bundle(): Promise<Bundle> {
  const args = ["bundle", "--quiet", "--platform", "browser", "--minify", ENTRY.pathname];
  const command = new Deno.Command(Deno.execPath(), { args, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return { kind: "script", script: text(stdout) };
  const [reason] = text(stderr).trim().split("\n");
  return { kind: "missing", reason: `the bundler failed: ${reason}` };
}
