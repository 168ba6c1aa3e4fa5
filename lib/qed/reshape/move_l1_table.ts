import type { Operation } from "../../storage/request.ts";
import type { QedImage } from "../image/image.ts";
import { moveL1Table } from "../io/relocate.ts";
import { type Survey, surveyFile } from "../check/reachability.ts";
import type { WindowMover } from "./cluster_mover.ts";
import { rangesOf } from "./move_plan.ts";

/**
 * Bring the L1 table to its place behind the header, where nearly every image has it from the
 * start. Whatever is there makes room first.
 */
export function* bringL1TableForward(image: QedImage, mover: WindowMover): Operation<void> {
  const { headerClusters } = image.header;
  const { tableClusters, tableBytes } = image.geometry;
  if (image.l1.offsetBytes < image.headerBytes + tableBytes) {
    // The old place and the new one overlap.
    yield* image.alone(moveAside(image));
  }
  const survey = yield* image.alone(surveyFile(image, headerClusters, tableClusters));
  const place = { firstCluster: headerClusters, clusterCount: tableClusters };
  const ranges = rangesOf(image, survey.ownersOf([place]));
  yield* image.holdingAll(ranges, "change", image.alone(moveForward(image, mover, survey)));
}

function* moveAside(image: QedImage): Operation<void> {
  yield* moveL1Table(image, image.allocateClusters(image.geometry.tableClusters));
}

function* moveForward(image: QedImage, mover: WindowMover, survey: Survey): Operation<void> {
  const { headerClusters } = image.header;
  const { tableClusters } = image.geometry;
  const place = { firstCluster: headerClusters, clusterCount: tableClusters };
  if (survey.isStale(image)) return;
  yield* mover.clear(survey.ownersOf([place]), headerClusters + tableClusters, survey);
  if (!survey.areFree(headerClusters, tableClusters)) return;
  yield* image.flush("entries before free clusters are used");
  yield* moveL1Table(image, image.headerBytes);
}
