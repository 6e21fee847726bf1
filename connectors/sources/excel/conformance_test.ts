import type { Row } from "../../../specs/foundry/mod.ts";
import { fileConformance } from "../testing/file_conformance.ts";
import { excelSource } from "./source.ts";

for (const type of ["xlsx", "xls", "xlsb", "ods"] as const) {
  fileConformance({
    name: `excel, ${type}`,
    source: excelSource,
    resource: "sheet",
    file: `a.${type}`,
    async bytes(rows: readonly Row[]) {
      const { utils, write } = await import("xlsx");
      const book = utils.book_new();
      utils.book_append_sheet(book, utils.json_to_sheet([...rows]), "S");
      return new Uint8Array(write(book, { type: "array", bookType: type }) as ArrayBuffer);
    },
  });
}
