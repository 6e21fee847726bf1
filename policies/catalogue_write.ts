/** Writes policies/CATALOGUE.md: which rules and which checks of the engine hold each class of the catalogue. */
import { gateCatalogueTable } from "./built_in.ts";

if (import.meta.main) {
  await Deno.writeTextFile(new URL("CATALOGUE.md", import.meta.url), gateCatalogueTable());
  console.log("wrote policies/CATALOGUE.md");
}
