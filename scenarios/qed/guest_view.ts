import type { LogEvent, PagedStorage } from "../../harness/advanced.ts";
import {
  FormatError,
  openImage,
  type Operation,
  type QedImage,
  readImage,
  runSync,
} from "../../lib/mod.ts";
import { loadL2Table } from "../../lib/qed/io/lookup.ts";
import type { OpenedBacking } from "./qed_target.ts";

/** A change on the guest's disk. */
export interface GuestChange {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

const ZERO_CLUSTER = 1;

/** Open an image for reading, without a repair. */
function openView(): Operation<QedImage> {
  return openImage({ skipRepair: true });
}

/** Read the guest's data; zeroes where a table entry is invalid. */
export function* readView(image: QedImage, offset: number, into: Uint8Array): Operation<void> {
  try {
    yield* readImage(image, offset, into);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    into.fill(0);
  }
}

/**
 * Replays a log in order, and reports what each write changes on the guest's disk. A write to a
 * mapped cluster changes the written range; a write to a table changes the clusters whose entries
 * differ.
 */
export class GuestView {
  readonly #file: PagedStorage;
  readonly #backing: OpenedBacking | undefined;
  #image: QedImage;
  #misfit: string | undefined;
  /** For each mapped guest cluster its offset in the file, in bytes, or 1 for zeroes. */
  #places = new Map<number, number>();
  /** For each cluster of the file that holds guest data, the guest cluster. */
  #guests = new Map<number, number>();
  #tables = new Set<number>();
  /** Clusters without a reference at the start. */
  readonly #leakedBefore: number;

  /** Start with `file`, on which `image` is open. */
  constructor(file: PagedStorage, backing: OpenedBacking | undefined, image: QedImage) {
    this.#file = file;
    this.#backing = backing;
    this.#image = image;
    this.#remap();
    this.#leakedBefore = this.#unreferenced();
  }

  /** Whether the file has allocated clusters without a reference. */
  isAllocating(): boolean {
    return this.#unreferenced() > this.#leakedBefore;
  }

  #unreferenced(): number {
    const { geometry, header } = this.#image;
    const fileClusters = Math.floor(this.#file.sizeBytes / geometry.clusterBytes);
    return fileClusters - header.headerClusters - geometry.tableClusters - this.#tables.size -
      this.#guests.size;
  }

  /** Why the file is not a valid image at the moment; undefined if it is one. */
  misfit(): string | undefined {
    return this.#misfit;
  }

  /** The contents of a range of the file: `header`, `l1-table`, `l2-table` or `data`. */
  labelOf(offsetBytes: number, lengthBytes: number): string {
    const { l1, geometry, headerBytes } = this.#image;
    const end = offsetBytes + Math.max(1, lengthBytes);
    if (offsetBytes < headerBytes) return "header";
    const inL1 = offsetBytes < l1.offsetBytes + geometry.tableBytes && end > l1.offsetBytes;
    if (inL1) return "l1-table";
    return this.#clustersOf(offsetBytes, lengthBytes).some((cluster) => this.#tables.has(cluster))
      ? "l2-table"
      : "data";
  }

  /** Replay a write or discard. Returns the changes that the guest sees. */
  apply(event: LogEvent & { kind: "write-issued" | "discarded" }): GuestChange[] {
    const bytes = event.kind === "write-issued" ? event.bytes : undefined;
    const lengthBytes = event.kind === "write-issued" ? event.bytes.length : event.lengthBytes;
    const isData = this.labelOf(event.offsetBytes, lengthBytes) === "data";
    this.#file.write(event.offsetBytes, lengthBytes, bytes);
    const direct = this.#directChanges(event.offsetBytes, bytes ?? new Uint8Array(lengthBytes));
    return isData ? direct : [...direct, ...this.#remap()];
  }

  /** The number of mapped guest clusters. */
  get mappedCount(): number {
    return this.#places.size;
  }

  /** The mapped guest clusters: all, or at most `most` of them, spread evenly. */
  mappedClusters(most: number): number[] {
    const all = [...this.#places.keys()];
    if (all.length <= most) return all;
    return Array.from({ length: most }, (_, i) => all[Math.floor(i * all.length / most)]);
  }

  /** Unmapped guest clusters, the first ones next to and after the mapped ones. */
  freeClusters(most: number): number[] {
    const { clusterBytes, tableEntries } = this.#image.geometry;
    const end = Math.ceil(Number(this.#image.imageBytes) / clusterBytes);
    const free: number[] = [];
    let lastMapped = -1;
    for (const guest of this.#places.keys()) lastMapped = Math.max(lastMapped, guest);
    const nextTable = Math.ceil((lastMapped + 1) / tableEntries) * tableEntries;
    for (const start of [lastMapped + 1, nextTable, 0]) {
      let cluster = start;
      while (cluster < end && (this.#places.has(cluster) || free.includes(cluster))) cluster++;
      if (cluster < end && free.length < most) free.push(cluster);
    }
    return free;
  }

  /** The changes of a write to clusters of guest data. */
  #directChanges(offsetBytes: number, bytes: Uint8Array): GuestChange[] {
    const { clusterBytes } = this.#image.geometry;
    const changes: GuestChange[] = [];
    for (const cluster of this.#clustersOf(offsetBytes, bytes.length)) {
      const guest = this.#guests.get(cluster);
      if (guest === undefined) continue;
      const start = cluster * clusterBytes;
      const from = Math.max(start, offsetBytes);
      const to = Math.min(start + clusterBytes, offsetBytes + bytes.length);
      changes.push({
        offsetBytes: guest * clusterBytes + from - start,
        bytes: bytes.subarray(from - offsetBytes, to - offsetBytes),
      });
    }
    return changes;
  }

  /** Read the tables again. Returns the guest clusters whose offset changed, with their contents. */
  #remap(): GuestChange[] {
    const files = [this.#file, ...(this.#backing?.files ?? [])];
    try {
      this.#image = runSync(openView(), files);
      this.#misfit = undefined;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#misfit = error.message;
      return [];
    }
    this.#image.backing = this.#backing?.source;
    const before = this.#places;
    runSync(this.#readPlaces(), files);
    const { clusterBytes } = this.#image.geometry;
    const changes: GuestChange[] = [];
    for (const guest of new Set([...before.keys(), ...this.#places.keys()])) {
      if (before.get(guest) === this.#places.get(guest)) continue;
      const offsetBytes = guest * clusterBytes;
      const there = Math.min(clusterBytes, Number(this.#image.imageBytes) - offsetBytes);
      const bytes = new Uint8Array(Math.max(0, there));
      runSync(readView(this.#image, offsetBytes, bytes), files);
      changes.push({ offsetBytes, bytes });
    }
    return changes;
  }

  *#readPlaces(): Operation<void> {
    const { l1, geometry } = this.#image;
    const { tableEntries, tableClusters, clusterBytes } = geometry;
    this.#places = new Map();
    this.#guests = new Map();
    this.#tables = new Set();
    for (let i = l1.nextUsed(0); i < tableEntries; i = l1.nextUsed(i + 1)) {
      if (!this.#image.isValidOffset(l1.entry(i), tableClusters)) continue;
      const table = yield* loadL2Table(this.#image, i);
      if (!table) continue;
      for (let c = 0; c < tableClusters; c++) {
        this.#tables.add(table.offsetBytes / clusterBytes + c);
      }
      for (let j = table.nextUsed(0); j < tableEntries; j = table.nextUsed(j + 1)) {
        const guest = i * tableEntries + j;
        this.#places.set(guest, table.entry(j));
        if (table.entry(j) !== ZERO_CLUSTER) {
          this.#guests.set(Math.floor(table.entry(j) / clusterBytes), guest);
        }
      }
    }
  }

  #clustersOf(offsetBytes: number, lengthBytes: number): number[] {
    const { clusterBytes } = this.#image.geometry;
    const first = Math.floor(offsetBytes / clusterBytes);
    const end = Math.ceil((offsetBytes + Math.max(1, lengthBytes)) / clusterBytes);
    return Array.from({ length: end - first }, (_, i) => first + i);
  }
}
