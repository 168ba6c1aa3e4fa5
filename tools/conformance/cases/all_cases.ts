import { createdImages } from "./created_images.ts";
import { imageTestCase } from "./image_tests.ts";
import { loadImages } from "../manifest.ts";
import type { TestCase } from "./test_case.ts";

/** All that an implementation is tested with: the images of the manifests, then its own. */
export function allCases(): TestCase[] {
  return [...loadImages().map(imageTestCase), ...createdImages()];
}
