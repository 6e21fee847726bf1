export { edgarSource } from "./source.ts";
