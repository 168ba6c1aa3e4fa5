/** The one table of all programs: the explorer's reports print it as well. */
export { textTable } from "../../harness/report/text/table.ts";
