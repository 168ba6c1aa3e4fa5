export * from "../../../lib/qed/format/image_builder.ts";
