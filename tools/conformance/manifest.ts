import { backingImages } from "./cases/backing_images.ts";
import type { ImageCase } from "./cases/case.ts";
import { goodImages } from "./cases/good_images.ts";
import { headerImages } from "./cases/header_images.ts";
import { markedImages } from "./cases/marked_images.ts";
import { tableImages } from "./cases/table_images.ts";

/** The names of the manifests. */
export const MANIFESTS = {
  /** Images that are in order, or dirty, or leak; by hand. */
  byHand: "by-hand.json",
  /** Images that QEMU made. */
  byQemu: "by-qemu.json",
  /** Images that break a rule; by hand. */
  malformed: "malformed.json",
} as const;

const FOLDER = new URL("../../testdata/conformance/", import.meta.url);

/** The manifests whose images come from the generators in this folder. */
export function byHand(): Record<string, ImageCase[]> {
  return {
    [MANIFESTS.byHand]: [...goodImages(), ...backingImages(), ...markedImages()],
    [MANIFESTS.malformed]: [...headerImages(), ...tableImages()],
  };
}

/** The text of a manifest. */
export function manifestText(cases: readonly ImageCase[]): string {
  return `${JSON.stringify(cases, null, 2)}\n`;
}

/** Read a manifest's text. */
export function loadText(name: string): string {
  return Deno.readTextFileSync(new URL(name, FOLDER));
}

/** Write a manifest. */
export function saveManifest(name: string, cases: readonly ImageCase[]): void {
  Deno.writeTextFileSync(new URL(name, FOLDER), manifestText(cases));
}

/** All images, in the order of the manifests. */
export function loadImages(): ImageCase[] {
  return Object.values(MANIFESTS).flatMap((name): ImageCase[] => JSON.parse(loadText(name)));
}
