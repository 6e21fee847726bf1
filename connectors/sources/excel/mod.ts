/** Workbooks as a source. */
export { excelSource } from "./source.ts";
