/**
 * Checks with this library an image that an implementation has written: the oracle of tests whose
 * outcome is an image.
 *
 * @module
 */
import { describeError, ExtentWalker, ImageChain } from "../../lib/chain/mod.ts";
import { checkImage, FEATURE, type HeaderLayout, type QedImage } from "../../lib/qed/mod.ts";
import type { GuestContents, HeaderFields } from "./cases/case.ts";
import { describeDifference, type Undecided } from "./compare_contents.ts";
import type { SparseFile } from "../../lib/storage/sparse_file.ts";

/** The demands on an image. */
export interface Demands {
  /** Its header, as far as it matters. */
  readonly header: Partial<HeaderFields>;
  /** The guest contents. */
  readonly contents: GuestContents | SparseFile;
  /** Where that does not matter. */
  readonly undecided?: Undecided;
  /** Whether clusters may be left that nothing refers to. */
  readonly mayLeak?: boolean;
}

/** A description of what is wrong with the image at `path`; undefined if nothing is. */
export function verifyImage(path: string, demands: Demands): string | undefined {
  try {
    const { layout } = demands.header;
    // A final image must be found to be one; an rfc image may be valid as a final one too.
    const forced: { layout?: HeaderLayout } = layout === "rfc" ? { layout } : {};
    using chain = ImageChain.open(path, { format: "qed", ...forced });
    return describeHeader(fieldsOf(chain.image), demands.header) ??
      describeCheck(chain, demands.mayLeak ?? false) ??
      describeContents(chain, demands);
  } catch (error) {
    return `not readable: ${describeError(error).replaceAll(path, "image")}`;
  }
}

/** The header that a write and an orderly close leave: nothing but its marks may have changed. */
export function headerAfterClosing(header: HeaderFields): HeaderFields {
  const marks = header.layout === "final" ? FEATURE.NEED_CHECK : 0n;
  return {
    ...header,
    features: `${BigInt(header.features) & ~marks}`,
    autoclear_features: "0",
  };
}

/** The difference of a header field: `image_size 0 instead of 512`. */
export function describeHeader(
  actual: Readonly<Record<string, unknown>> | HeaderFields,
  expected: Readonly<Record<string, unknown>> | Partial<HeaderFields>,
): string | undefined {
  const wrong = Object.entries(expected).flatMap(([field, value]) => {
    const found = (actual as Readonly<Record<string, unknown>>)[field];
    return `${found}` === `${value}` ? [] : [`${field} ${found} instead of ${value}`];
  });
  return wrong.length > 0 ? wrong.join(", ") : undefined;
}

/** The header fields as this library reads them. */
export function fieldsOf(image: QedImage): HeaderFields {
  const { header } = image;
  return {
    layout: header.layout,
    cluster_size: header.geometry.clusterBytes,
    table_size: header.geometry.tableClusters,
    header_size: header.headerClusters,
    features: `${header.features}`,
    compat_features: `${header.compatFeatures}`,
    autoclear_features: `${header.autoclearFeatures}`,
    l1_table_offset: `${header.l1TableOffsetBytes}`,
    image_size: `${header.imageBytes}`,
    ...(image.backingName !== undefined && {
      backing_file: image.backingName,
      backing_is_raw: image.backingIsRaw,
    }),
  };
}

function describeCheck(chain: ImageChain, mayLeak: boolean): string | undefined {
  const { corruptions, leaks, checkErrors } = chain.run(checkImage(chain.image));
  const found = [
    [checkErrors, "check errors"] as const,
    [corruptions, "corruptions"] as const,
    [mayLeak ? 0 : leaks, "leaks"] as const,
  ].filter(([count]) => count > 0);
  return found.length > 0 ? found.map(([count, what]) => `${count} ${what}`).join(", ") : undefined;
}

function describeContents(chain: ImageChain, demands: Demands): string | undefined {
  const sizeBytes = Number(chain.guestBytes);
  return describeDifference(
    {
      sizeBytes,
      read: (offsetBytes, into) => chain.read(BigInt(offsetBytes), into),
      ranges: () => mappedRanges(chain),
    },
    demands.contents,
    demands.undecided,
  );
}

/** Where the guest's disk is stored; what is left out is known to be zero. */
function* mappedRanges(chain: ImageChain): Iterable<readonly [number, number]> {
  using walker = new ExtentWalker(chain);
  let extent = walker.next(0n);
  while (extent) {
    const endBytes = extent.startBytes + extent.lengthBytes;
    if (!extent.zero) yield [Number(extent.startBytes), Number(endBytes)];
    extent = walker.next(endBytes);
  }
}
