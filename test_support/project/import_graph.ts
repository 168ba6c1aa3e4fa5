/** The imports of a tree of modules: static, dynamic and by worker, values told from types. */

/** One module's reference to another. */
export interface ImportEdge {
  /** The importing file, relative to the root. */
  readonly from: string;
  /** The imported file, relative to the root. */
  readonly to: string;
  /** Whether it is evaluated: false for `import type`, which is gone at run time. */
  readonly isValue: boolean;
}

/** What `deno info --json` says of a module, as far as it is read here. */
interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

/**
 * Every import below `root` (a folder's absolute path) from and to `.ts` files below it, dynamic
 * imports and modules that are started as workers among them. `files` are relative to the root.
 */
export function importGraph(root: string, files: readonly string[]): ImportEdge[] {
  const urls = files.map((file) => new URL(file, `file://${root}/`).href);
  const edges = modulesOf(root, urls).flatMap((module): ImportEdge[] => {
    const from = below(root, module.specifier);
    if (from === undefined) return [];
    return (module.dependencies ?? []).flatMap(({ code, type }) => {
      const to = below(root, code?.specifier ?? type?.specifier);
      return to === undefined ? [] : [{ from, to, isValue: code?.specifier !== undefined }];
    });
  });
  return [...edges, ...files.flatMap((file) => workersOf(root, file))];
}

/** The modules that `deno info` reaches from all of `urls`. */
function modulesOf(root: string, urls: readonly string[]): readonly ModuleInfo[] {
  const entry = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    Deno.writeTextFileSync(entry, urls.map((url) => `import ${JSON.stringify(url)};`).join("\n"));
    const args = ["info", "--json", ...configOf(root), entry];
    const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), { args }).outputSync();
    if (!success) throw new Error(`Cannot read imports: ${new TextDecoder().decode(stderr)}`);
    return JSON.parse(new TextDecoder().decode(stdout)).modules;
  } finally {
    Deno.removeSync(entry);
  }
}

function configOf(root: string): string[] {
  try {
    Deno.statSync(`${root}/deno.json`);
    return ["--config", `${root}/deno.json`];
  } catch {
    return ["--no-config"];
  }
}

function below(root: string, specifier: string | undefined): string | undefined {
  const prefix = `file://${root}/`;
  return specifier?.startsWith(prefix) && specifier.endsWith(".ts")
    ? specifier.slice(prefix.length)
    : undefined;
}

/** Workers and bundles name their module as `new URL("./x.ts", import.meta.url)`. */
function workersOf(root: string, file: string): ImportEdge[] {
  const text = Deno.readTextFileSync(`${root}/${file}`);
  const calls = text.matchAll(/new URL\("([^"]+\.ts)", import\.meta\.url\)/g);
  return [...calls].flatMap(([, path]) => {
    const to = below(root, new URL(path, `file://${root}/${file}`).href);
    return to === undefined ? [] : [{ from: file, to, isValue: true }];
  });
}
