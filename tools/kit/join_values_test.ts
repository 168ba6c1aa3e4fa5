import { assertEquals } from "@std/assert";
import { joinValues } from "./join_values.ts";

Deno.test("an empty value and - are joined to the option before them", () => {
  const spellings = ["-b", "--save"];
  for (
    const [args, expected] of [
      [["-b", "", "a"], ["-b=", "a"]],
      [["a", "--save", "-"], ["a", "--save=-"]],
      [["-b", "-q", "-", ""], ["-b", "-q", "-", ""]],
      [["--save", "a", "-"], ["--save", "a", "-"]],
      [["-b", "", ""], ["-b=", ""]],
      [["--", "-b", ""], ["--", "-b", ""]],
    ]
  ) assertEquals(joinValues(args, spellings), expected, args.join(" "));
});
