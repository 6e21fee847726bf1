export { jiraSource } from "./source.ts";
