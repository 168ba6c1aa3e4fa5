/**
 * Good and damaged images: `qed check --output=json` prints what `qemu-img check` prints, byte for
 * byte, with the same exit code.
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkHere, checkWithQemu } from "./check_terms_testing.ts";
import { ImageBuilder } from "../../../lib/qed/format/image_builder.ts";
import { sized } from "../../../test_support/long.ts";
import { seededQemuTest } from "../../../test_support/qemu.ts";

/** A table entry that may be wrong, before the image is there. */
interface EntryPick {
  readonly kind:
    | "free"
    | "zero-cluster"
    | "past-end"
    | "unaligned"
    | "header"
    | "low-bits"
    | "copy"
    | "l1-table"
    | "l2-table"
    | "any";
  /** Which of several, or how far. */
  readonly choice: number;
  readonly any: bigint;
}

const entryPicks: fc.Arbitrary<EntryPick> = fc.record({
  kind: fc.constantFrom<EntryPick["kind"][]>(
    ...["free", "zero-cluster", "past-end", "unaligned", "header", "low-bits"] as const,
    ...["copy", "copy", "l1-table", "l2-table", "any"] as const,
  ),
  choice: fc.nat(4000),
  any: fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    fc.bigInt({ min: 0n, max: 300n }).map((cluster) => cluster * 4096n),
    fc.nat(63).map((bit) => 1n << BigInt(bit)),
  ),
});

type Damage =
  | {
    readonly kind: "l1-entry" | "l2-entry";
    readonly table: number;
    readonly index: number;
    readonly entry: EntryPick;
  }
  | { readonly kind: "resize"; readonly sectors: number; readonly odd: number }
  | { readonly kind: "leak"; readonly clusters: number }
  | { readonly kind: "header"; readonly features: bigint; readonly autoclear: bigint };

const damages: fc.Arbitrary<Damage> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("l2-entry" as const, "l2-entry" as const, "l1-entry" as const),
      table: fc.nat(3),
      index: fc.oneof(fc.nat(8), fc.nat(2 ** 17)),
      entry: entryPicks,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("resize" as const),
      sectors: fc.integer({ min: -60, max: 20 }),
      odd: fc.constantFrom(0, 0, 1, 511),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("leak" as const),
      clusters: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("header" as const),
      features: fc.constantFrom(0n, 2n, 4n),
      autoclear: fc.constantFrom(0n, 1n, 1n << 63n),
    }),
  },
);

interface DamagedImage {
  readonly clusterBytes: number;
  readonly tableClusters: number;
  readonly headerClusters: number;
  readonly imageSectors: number;
  readonly tables: readonly { readonly l1Index: number; readonly l2Indexes: readonly number[] }[];
  /** Whether data of all tables comes in turns, or table by table. */
  readonly interleaved: boolean;
  readonly damages: readonly Damage[];
}

const indexes = fc.oneof(fc.nat(8), fc.nat(8), fc.nat(1000));

const damagedImages: fc.Arbitrary<DamagedImage> = fc.record({
  clusterBytes: fc.constantFrom(4096, 4096, 8192, 16384, 32768, 65536),
  tableClusters: fc.constantFrom(2, 4, 8, 16),
  headerClusters: fc.constantFrom(1, 1, 1, 2, 3),
  imageSectors: fc.nat(9000),
  tables: fc.uniqueArray(
    fc.record({
      l1Index: indexes,
      l2Indexes: fc.uniqueArray(indexes, { maxLength: 8 }),
    }),
    { maxLength: 4, selector: (table) => table.l1Index },
  ),
  interleaved: fc.boolean(),
  damages: fc.array(damages, { maxLength: 5 }),
});

function build(plan: DamagedImage): ImageBuilder {
  const builder = new ImageBuilder({
    cluster_size: plan.clusterBytes,
    table_size: plan.tableClusters,
    header_size: plan.headerClusters,
    image_size: BigInt(plan.imageSectors * 512),
  });
  const l2Tables: number[] = [];
  const data: number[] = [];
  const open = plan.tables.map(({ l1Index, l2Indexes }) => {
    l2Tables.push(builder.addL2Table(l1Index));
    const l2Bytes = l2Tables[l2Tables.length - 1];
    const add = (index: number) => data.push(builder.addData(l2Bytes, index, 0));
    if (!plan.interleaved) l2Indexes.forEach(add);
    return { left: plan.interleaved ? [...l2Indexes] : [], add };
  });
  while (open.some(({ left }) => left.length > 0)) {
    for (const { left, add } of open) if (left.length > 0) add(left.shift()!);
  }
  for (const damage of plan.damages) apply(builder, damage, { l2Tables, data });
  return builder;
}

interface Places {
  readonly l2Tables: readonly number[];
  readonly data: readonly number[];
}

function apply(builder: ImageBuilder, damage: Damage, places: Places): void {
  const { file, clusterBytes } = builder;
  switch (damage.kind) {
    case "l1-entry":
    case "l2-entry": {
      const table = damage.kind === "l1-entry"
        ? builder.l1Bytes
        : pick(places.l2Tables, damage.table, builder.l1Bytes);
      const entries = clusterBytes * builder.tableClusters / 8;
      builder.setEntry(table, damage.index % entries, entryValue(builder, damage.entry, places));
      break;
    }
    case "resize": {
      const wanted = file.sizeBytes + damage.sectors * 512 + damage.odd;
      // What QEMU makes of a cluster cut by less than a sector has a test of its own.
      const cut = wanted % clusterBytes > clusterBytes - 512;
      file.resize(Math.max(64, cut ? wanted - 512 : wanted));
      break;
    }
    case "leak":
      builder.addClusters(damage.clusters);
      break;
    case "header":
      builder.setHeader({ features: damage.features, autoclear_features: damage.autoclear });
  }
}

function entryValue(builder: ImageBuilder, entry: EntryPick, places: Places): bigint {
  const { clusterBytes, file } = builder;
  const { choice } = entry;
  const used = [...places.data, ...places.l2Tables];
  const end = Math.floor(file.sizeBytes / clusterBytes);
  const value = {
    "free": 0,
    "zero-cluster": 1,
    "past-end": (end + choice % 5 - 2) * clusterBytes,
    "unaligned": pick(used, choice, clusterBytes) + 1 + choice % (clusterBytes - 1),
    "header": choice % 4 * 512,
    "low-bits": 2 + choice,
    "copy": pick(used, choice, clusterBytes),
    "l1-table": builder.l1Bytes + choice % builder.tableClusters * clusterBytes,
    "l2-table": pick(places.l2Tables, choice, 0) +
      choice % (2 * builder.tableClusters) * clusterBytes,
    "any": entry.any,
  }[entry.kind];
  return BigInt(value);
}

function pick(from: readonly number[], choice: number, otherwise: number): number {
  return from.length > 0 ? from[choice % from.length] : otherwise;
}

seededQemuTest("check agrees with qemu-img check on good and damaged images", async (seed) => {
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(damagedImages, async (plan) => {
      const path = Deno.makeTempFileSync({ prefix: "powercut_check_", suffix: ".qed" });
      try {
        build(plan).save(path);
        const theirs = await checkWithQemu(path);
        seen.set(theirs.code, (seen.get(theirs.code) ?? 0) + 1);
        assertEquals(await checkHere(path), theirs);
      } finally {
        Deno.removeSync(path);
      }
    }),
    { seed, numRuns: sized({ short: 60, long: 300 }) },
  );
  // A generator that makes only one kind of image would prove little.
  for (const code of sized({ short: [0, 2], long: [0, 1, 2, 3] })) {
    assertEquals(seen.has(code), true, `code ${code}`);
  }
});
