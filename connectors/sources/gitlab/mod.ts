export { gitlabSource } from "./source.ts";
