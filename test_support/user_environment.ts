/**
 * The environment of a user's shell, without colours. The tests themselves may run as a task, and
 * `deno task` keeps an `INIT_CWD` that is already there.
 */
export function userEnvironment(): Record<string, string> {
  const { INIT_CWD: _, ...rest } = Deno.env.toObject();
  return { ...rest, NO_COLOR: "1" };
}
