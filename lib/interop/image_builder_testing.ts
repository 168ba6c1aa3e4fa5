export * from "../conformance/image_builder.ts";
