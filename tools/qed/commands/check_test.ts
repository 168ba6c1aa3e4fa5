import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ImageBuilder, smallImage } from "../../../lib/qed/format/image_builder.ts";
import { qemuTest, runTool } from "../../../test_support/qemu.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

const NEED_CHECK = 2n;

interface Damage {
  readonly name: string;
  readonly build: () => ImageBuilder;
  /** The exit code of a check, and of what is left after `-r leaks` and `-r all`. */
  readonly codes: readonly [check: number, leaks: number, all: number];
}

function damaged(change: (image: ReturnType<typeof smallImage>) => void): () => ImageBuilder {
  return () => {
    const image = smallImage();
    change(image);
    return image.builder;
  };
}

const CASES: readonly Damage[] = [
  { name: "a clean image", build: damaged(() => {}), codes: [0, 0, 0] },
  {
    name: "a clean image that was not closed",
    build: damaged(({ builder }) => builder.setHeader({ features: NEED_CHECK })),
    codes: [0, 0, 0],
  },
  {
    name: "leaks",
    build: damaged(({ builder }) => builder.addClusters(2)),
    codes: [3, 0, 0],
  },
  {
    name: "an invalid entry",
    build: damaged(({ builder, l2Bytes }) => builder.setEntry(l2Bytes, 3, 2 ** 40)),
    codes: [2, 2, 0],
  },
  {
    name: "an invalid entry and leaks",
    build: damaged(({ builder, l2Bytes }) => {
      builder.setEntry(l2Bytes, 0, 2 ** 40);
      builder.addClusters(1);
    }),
    codes: [2, 2, 0],
  },
  {
    name: "a cluster that is shared",
    build: damaged(({ builder, l2Bytes, dataBytes }) => builder.setEntry(l2Bytes, 7, dataBytes[1])),
    codes: [2, 2, 0],
  },
  {
    name: "an image without clusters",
    build: damaged(({ builder }) => builder.setHeader({ image_size: 0n })),
    codes: [0, 0, 0],
  },
];

for (const { name, build, codes } of CASES) {
  qemuTest(
    `check prints what qemu-img prints, for people and as JSON: ${name}`,
    () =>
      inTempDir(async (dir) => {
        const path = `${dir}/a.qed`;
        build().save(path);
        for (const args of [[], ["--output=json"], ["-q"], ["-f", "qed", "-U"]]) {
          const command = ["check", ...args, path];
          const theirs = await runTool("qemu-img", command);
          const { code, stdout } = await runQed(command);
          assertEquals([code, stdout], [theirs.code, theirs.stdout]);
        }
      }),
  );

  Deno.test(`exit codes of check, -r leaks and -r all: ${name}`, () =>
    inTempDir(async (dir) => {
      const path = `${dir}/a.qed`;
      for (const [i, repair] of [[], ["-r", "leaks"], ["-r", "all"]].entries()) {
        build().save(path);
        const { code } = await runQed(["check", "-q", ...repair, path]);
        assertEquals(code, codes[i], repair.join(" "));
        if (repair.length === 0) assertEquals(Deno.readFileSync(path), build().toBytes());
        // What a repair says it left is what the next check finds.
        else assertEquals((await runQed(["check", path])).code, codes[i]);
      }
    }));
}

Deno.test("after a repair check says what was repaired and what is found then", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const { builder, l2Bytes } = smallImage({ features: NEED_CHECK });
    builder.setEntry(l2Bytes, 0, 2 ** 40).save(path);
    assertEquals(
      await runQedOk("check", "-r", "all", path),
      `The following inconsistencies were found and repaired:

    1 leaked clusters
    1 corruptions

Double checking the fixed image now...
No errors were found on the image.
2/256 = 0.78% allocated, 50.00% fragmented, 0.00% compressed clusters
`,
    );
    assertEquals(JSON.parse(await runQedOk("info", "--output=json", path))["dirty-flag"], false);
    builder.save(path);
    assertEquals(
      await runQedOk("check", "--output=json", "-r", "all", path),
      `{
    "total-clusters": 256,
    "corruptions-fixed": 1,
    "check-errors": 0,
    "leaks-fixed": 1,
    "allocated-clusters": 2,
    "filename": "${path}",
    "format": "qed",
    "fragmented-clusters": 1
}
`,
    );
  }));

Deno.test("for people each problem is named, on standard error", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const { builder, l2Bytes, dataBytes } = smallImage();
    builder.setEntry(l2Bytes, 5, dataBytes[0]).setEntry(builder.l1Bytes, 2, 0x1234).save(path);
    const { stderr } = await runQed(["check", path]);
    assertEquals(
      stderr,
      `l2_table[0][5] at offset ${l2Bytes + 40} is 0x${dataBytes[0].toString(16)}: ` +
        "points at a cluster that is referred to already\n" +
        `l1_table[2] at offset ${builder.l1Bytes + 16} is 0x1234: ` +
        "points outside the clusters of the file\n",
    );
    for (let i = 10; i < 210; i++) builder.setEntry(l2Bytes, i, 512);
    builder.save(path);
    const many = await runQed(["check", path]);
    assertEquals(many.stderr.trim().split("\n").length, 101);
    assertStringIncludes(many.stderr, "... and 102 more\n");
    for (const quiet of ["-q", "--output=json"]) {
      assertEquals((await runQed(["check", quiet, path])).stderr, "");
    }
  }));

Deno.test("-r leaks of an image with corruptions writes nothing and keeps the mark", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const { builder, l2Bytes } = smallImage({ features: NEED_CHECK });
    builder.setEntry(l2Bytes, 3, 512);
    builder.addClusters(1);
    builder.save(path);
    assertEquals((await runQed(["check", "-r", "leaks", path])).code, 2);
    assertEquals(Deno.readFileSync(path), builder.toBytes());
  }));

Deno.test("a raw image has nothing to check", () =>
  inTempDir(async (dir) => {
    Deno.writeFileSync(`${dir}/a.raw`, new Uint8Array(512));
    const { code, stderr } = await runQed(["check", `${dir}/a.raw`]);
    assertEquals([code, stderr], [63, "qed check: This image format does not support checks\n"]);
  }));

Deno.test("progress is shown on a terminal or when asked for, at most once a percent", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const { builder } = smallImage({ image_size: 1n << 32n });
    for (let i = 1; i < 1000; i++) builder.addL2Table(i);
    builder.save(path);
    const silent = await runQed(["check", path]);
    assertEquals(silent.stderr, "");
    const isTerminal = { stderr: true };
    const shown = [
      await runQed(["check", "-p", path]),
      await runQed(["check", path], { isTerminal }),
    ];
    for (const { stdout, stderr } of shown) {
      assertEquals(stdout, silent.stdout);
      const lines = stderr.replaceAll("\x1b[K", "").split("\r");
      assert(lines.length > 50 && lines.length < 105);
      assertEquals(lines[10], "    (10/100%)");
    }
    assertEquals((await runQed(["check", "-q", path], { isTerminal })).stderr, "");
  }));
