// Run by optional_test.ts in a process of its own, with and without QEMU's tools in PATH.
import { qemuTest } from "./qemu.ts";

qemuTest("a test that needs QEMU", () => {});
