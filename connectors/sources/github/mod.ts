export { githubSource } from "./source.ts";
