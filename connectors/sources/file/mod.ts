/** Files as a source. */
export { fileSource } from "./source.ts";
