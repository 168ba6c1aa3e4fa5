/** One image for each rule of the header, and what must become of opening it; by hand. */
import { type Expectation, IMAGE_NAME, type ImageCase } from "./case.ts";
import { HEADER_CASES } from "./header_cases.ts";
import { type RfcHeaderFields, smallImage } from "../../../lib/qed/format/image_builder.ts";
import { describeFiles, errorDetails } from "./make_case.ts";
import { headerFields } from "./plain_header.ts";

function finalHeaders(): ImageCase[] {
  return HEADER_CASES.map(({ name, build, refused }) => {
    const { file } = build();
    const expect: Expectation = refused
      ? { open: "refuse", error: errorDetails(refused) }
      : { open: headerFields(file) };
    return {
      name: `header/${name}`,
      about: refused ? `breaks the rule of ${refused[0]}` : "breaks no rule",
      made: "by hand",
      files: describeFiles({ [IMAGE_NAME]: file }),
      expect,
    };
  });
}

/**
 * Headers that are invalid in the rfc layout and in the final one. This library's error is the
 * final layout's, so it is not asked for.
 */
function rfcHeaders(): ImageCase[] {
  const named = { backing_file_offset: 64, backing_file_size: 4 };
  const broken: [string, string, RfcHeaderFields, features?: bigint, compat?: bigint][] = [
    ["a disk of no bytes", "image_size", { image_size: 0n }],
    ["a disk that ends in a cluster", "image_size", { image_size: 4608n }],
    ["an L1 table in the header", "l1_table_offset", { l1_table_offset: 0n }],
    ["an L1 table that is not aligned", "l1_table_offset", { l1_table_offset: 4608n }],
    ["an L1 table past the end of the file", "l1_table_offset", { l1_table_offset: 1n << 20n }],
    ["NEED_CHECK", "features", {}, 2n],
    ["a backing file without name", "backing_file_size", {}, 1n],
    [
      "a name outside the header",
      "backing_file_offset",
      { backing_file_offset: 4090, backing_file_size: 8 },
      1n,
    ],
    ["an empty backing format", "backing_fmt_size", { ...named, backing_fmt_offset: 68 }, 1n, 1n],
    [
      "a backing format outside the header",
      "backing_fmt_offset",
      { ...named, backing_fmt_offset: 4094, backing_fmt_size: 3 },
      1n,
      1n,
    ],
  ];
  return broken.map(([name, field, fields, features = 0n, compat_features = 0n]) => ({
    name: `rfc/${name}`,
    about: `breaks the rule of ${field} in the rfc layout, and rules of the final one`,
    made: "by hand",
    files: describeFiles({
      [IMAGE_NAME]: smallImage({ features, compat_features }).builder.setRfcHeader(fields).file,
    }),
    expect: { open: "refuse" },
  }));
}

/** All of them. */
export function headerImages(): ImageCase[] {
  return [...finalHeaders(), ...rfcHeaders()];
}
