/** The bundled script, or why there is none. */
export type Bundle =
  | {
    readonly kind: "script";
    readonly script: string;
    /** The modules that it imports and browsers do not have, with their source. */
    readonly modules: Readonly<Record<string, string>>;
  }
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
  // In the folder of the module, whose deno.json has the imports, wherever the user stands.
  const cwd = new URL(".", ENTRY);
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
  });
  const { success, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return { kind: "script", script: text(stdout), modules: modulesOf(text(stdout)) };
  const [reason] = text(stderr).trim().split("\n");
  return { kind: "missing", reason: `the bundler failed: ${reason}` };
}

/** The one thing that is needed of Node's modules. */
const BUFFER = `export const Buffer = {
  compare(a, b) {
    const end = Math.min(a.length, b.length);
    for (let i = 0; i < end; i++) if (a[i] !== b[i]) return a[i] - b[i];
    return a.length - b.length;
  },
};`;

/** Stand-ins for Node's modules: files and hashes are named by code that no page ever comes to. */
function modulesOf(script: string): Record<string, string> {
  const names = new Map<string, Set<string>>();
  for (const [, list = "", module] of script.matchAll(IMPORT)) {
    const known = names.get(module) ?? new Set();
    names.set(module, known);
    for (const name of list.split(",")) known.add(name.trim().split(" ")[0]);
  }
  const stub = (name: string) =>
    name && `export function ${name}() { throw new Error("not in a browser"); }`;
  const stubs = [...names].map(([module, known]) => [module, [...known].map(stub).join("\n")]);
  return { ...Object.fromEntries(stubs), "node:buffer": BUFFER };
}

const IMPORT = /import\s*(?:\*\s*as\s*[\w$]+|\{([^}]*)\})\s*from\s*"(node:\w+)"/g;
