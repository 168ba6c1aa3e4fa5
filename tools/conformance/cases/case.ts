/**
 * What the manifests in testdata/conformance hold: images, and what every implementation must make
 * of them. Plain JSON, so that they serve other programs than ours too; numbers that may exceed
 * 2^53 are decimal strings.
 *
 * @module
 */
import type { Contents } from "../parts.ts";

/** The image's name among the files of a case. */
export const IMAGE_NAME = "image.qed";

/** The fields of the header, by the names of the specification. */
export interface HeaderFields {
  /** Under which layout. */
  readonly layout: "final" | "rfc";
  /** Bytes of a cluster. */
  readonly cluster_size: number;
  /** Clusters of a table. */
  readonly table_size: number;
  /** Clusters of the header. */
  readonly header_size: number;
  /** Feature bits. */
  readonly features: string;
  /** Compatible feature bits. */
  readonly compat_features: string;
  /** Autoclear bits; 0 in the rfc layout, which has none. */
  readonly autoclear_features: string;
  /** Where the L1 table is, in bytes. */
  readonly l1_table_offset: string;
  /** The size of the guest's disk, in bytes. */
  readonly image_size: string;
  /** The name of the backing file, if there is one. */
  readonly backing_file?: string;
  /** Whether the backing file is raw and must not be probed. */
  readonly backing_is_raw?: boolean;
}

/** The expected counts of a check, as `qemu-img check` counts. */
export interface CheckCounts {
  /** Invalid entries, and references to a cluster that is referred to already. */
  readonly corruptions: number;
  /** Clusters that nothing refers to. */
  readonly leaks: number;
  /** Clusters of the guest's disk. */
  readonly total: number;
  /** Of these, how many have an entry. */
  readonly allocated: number;
  /** The number of these that do not follow the one before. */
  readonly fragmented: number;
}

/** The expected contents of the guest's disk. */
export interface GuestContents extends Contents {
  /**
   * SHA-256. Of a disk up to 64 MiB: of the disk as a raw file. Of a larger one: of the bytes that
   * the parts cover, one part after the other.
   */
  readonly sha256: string;
}

/** A range of the guest's disk. */
export interface GuestRange {
  /** Where it starts, in bytes. */
  readonly offset: string;
  /** The length in bytes. */
  readonly length: number;
}

/** Something the guest writes: one byte over and over. */
export interface GuestWrite extends GuestRange {
  /** The byte. */
  readonly byte: number;
}

/** The expected state after a repair. */
export interface AfterRepair {
  /** The guest contents then. */
  readonly contents: GuestContents;
  /** Where that is left to the implementation: several addresses laid claim to one cluster. */
  readonly undecided?: readonly GuestRange[];
}

/** The error that this library gives, and others may. */
export interface ErrorDetails {
  /** The field that breaks a rule. */
  readonly field: string;
  /** Where it is in the file, in bytes. */
  readonly offset: number;
  /** The contents. */
  readonly value: string;
}

/** The expected results for an image; missing ones are not tested. */
export interface Expectation {
  /** The result of opening it, or that it must be refused. */
  readonly open: HeaderFields | "refuse";
  /** The error with which this library refuses to open or to read it. */
  readonly error?: ErrorDetails;
  /** The counts of a check. */
  readonly check?: CheckCounts;
  /** Where the guest's disk is stored: `START+LENGTH STATE [at OFFSET] [depth DEPTH]`. */
  readonly map?: readonly string[];
  /** The guest contents, or that reading all of the disk must fail. */
  readonly contents?: GuestContents | "refuse";
  /** Some of what the guest reads, of a disk that no file system could hold as a raw file. */
  readonly read?: readonly GuestWrite[];
  /** A write after which the image must be good, with only that changed. */
  readonly write?: GuestWrite;
  /** The expected state after a repair. */
  readonly repair?: AfterRepair;
}

/** An image, its backing files, and the expected results. */
export interface ImageCase {
  /** Group, slash, what is special about it. */
  readonly name: string;
  /** Why it is there, in a line. */
  readonly about: string;
  /** By hand from the specification, or by QEMU with these commands, in the folder of the image. */
  readonly made: "by hand" | readonly string[];
  /** A capability that the test needs and an implementation may lack. */
  readonly needs?: "rfc layout";
  /** The files; the image is {@linkcode IMAGE_NAME}. */
  readonly files: Readonly<Record<string, Contents>>;
  /** The expected results. */
  readonly expect: Expectation;
}
