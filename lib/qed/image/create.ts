import type { FileSlot, Operation } from "../../storage/request.ts";
import { encodeBackingName } from "../format/backing_name.ts";
import { ImageError } from "../format/format_error.ts";
import { clusterSizeRule, deriveGeometry, tableSizeRule } from "../format/geometry.ts";
import { encodeHeader, type Header, imageSizeRule } from "../format/header.ts";
import {
  DEFAULT_CLUSTER_BYTES,
  DEFAULT_TABLE_CLUSTERS,
  FEATURE,
  HEADER_BYTES,
  type HeaderLayout,
  RFC_COMPAT_BACKING_FORMAT,
} from "../format/layout.ts";

/** Settings of a new image. */
export interface CreateOptions {
  /** The slot of the file to write; 0 if not given. */
  readonly file?: FileSlot;
  /** The size of the guest's disk in bytes, a multiple of 512 (rfc layout: of the cluster size). */
  readonly imageBytes: number | bigint;
  /** Bytes of a cluster, a power of two from 4 KiB to 64 MiB; 64 KiB if not given. */
  readonly clusterBytes?: number;
  /** Clusters of a table, a power of two from 1 to 16; 4 if not given. */
  readonly tableClusters?: number;
  /** The backing file: its name as stored, and whether it is raw and must not be probed. */
  readonly backing?: { readonly name: string; readonly isRaw: boolean };
  /** The header layout; final if not given. */
  readonly layout?: HeaderLayout;
}

/**
 * Overwrite the file with an empty image: a header of one cluster, then an L1 table of zeroes,
 * durable when this returns. The header is written last, so an interrupted creation leaves no valid
 * image. Throws {@linkcode ImageError} for sizes that break a rule, before any write.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, openImage, runSync } from "@powercut/powercut/lib";
 *
 * const file = new MemoryStorage();
 * runSync(createImage({ imageBytes: 2n ** 60n, clusterBytes: 2 ** 20, tableClusters: 16 }), [file]);
 * assertEquals(runSync(openImage(), [file]).imageBytes, 2n ** 60n);
 * ```
 */
export function* createImage(options: CreateOptions): Operation<void> {
  const file = options.file ?? 0;
  const { header, bytes } = newHeader(options);
  const { clusterBytes, tableBytes } = header.geometry;
  yield { kind: "resize", file, sizeBytes: 0, label: "new image" };
  yield { kind: "resize", file, sizeBytes: clusterBytes + tableBytes, label: "new image" };
  yield { kind: "flush", file, scope: "data", label: "L1 table before header" };
  yield { kind: "write", file, offsetBytes: 0, bytes, label: "header" };
  yield { kind: "flush", file, scope: "file", label: "new image" };
}

function newHeader(options: CreateOptions): { header: Header; bytes: Uint8Array } {
  const layout = options.layout ?? "final";
  const clusterBytes = options.clusterBytes ?? DEFAULT_CLUSTER_BYTES;
  const tableClusters = options.tableClusters ?? DEFAULT_TABLE_CLUSTERS;
  refuse("cluster size", clusterBytes, clusterSizeRule(clusterBytes));
  refuse("table size", tableClusters, tableSizeRule(tableClusters));
  const geometry = deriveGeometry(clusterBytes, tableClusters);
  const imageBytes = BigInt(options.imageBytes);
  if (imageBytes < 0n) refuse("image size", imageBytes, "must not be negative");
  refuse("image size", imageBytes, imageSizeRule(imageBytes, geometry, layout));

  const name = options.backing ? encodeBackingName(options.backing.name) : new Uint8Array(0);
  const format = new TextEncoder().encode(
    layout === "rfc" && options.backing?.isRaw ? "raw" : "",
  );
  const rawFeature = layout === "final" && options.backing?.isRaw
    ? FEATURE.BACKING_FORMAT_NO_PROBE
    : 0n;
  const header: Header = {
    layout,
    geometry,
    headerClusters: 1,
    features: options.backing ? FEATURE.BACKING_FILE | rawFeature : 0n,
    compatFeatures: format.length > 0 ? RFC_COMPAT_BACKING_FORMAT : 0n,
    autoclearFeatures: 0n,
    l1TableOffsetBytes: clusterBytes,
    imageBytes,
    ...(name.length > 0 && {
      backingName: { offsetBytes: HEADER_BYTES, sizeBytes: name.length },
    }),
    ...(format.length > 0 && {
      backingFormat: { offsetBytes: HEADER_BYTES + name.length, sizeBytes: format.length },
    }),
  };
  const bytes = new Uint8Array(Math.ceil((HEADER_BYTES + name.length + format.length) / 512) * 512);
  encodeHeader(header, bytes);
  bytes.set(name, HEADER_BYTES);
  bytes.set(format, HEADER_BYTES + name.length);
  return { header, bytes };
}

function refuse(what: string, value: number | bigint, rule: string | undefined): void {
  if (rule) throw new ImageError(`invalid ${what} ${value}: ${rule}`);
}
