/** The sources that pipelines can read. */
import type { Source } from "../data/port.ts";
import { httpSource } from "./http/source.ts";
import { singerSource } from "./singer/source.ts";
import { edgarSource } from "./edgar/mod.ts";
import { excelSource } from "./excel/mod.ts";
import { fileSource } from "./file/mod.ts";
import { githubSource } from "./github/mod.ts";
import { gitlabSource } from "./gitlab/mod.ts";
import { jiraSource } from "./jira/mod.ts";
import { sqlSource } from "./sql/source.ts";

/** One of each connector, by its name; their libraries are loaded at first use. */
export const sources: readonly Source[] = [
  edgarSource(),
  excelSource(),
  fileSource(),
  githubSource(),
  gitlabSource(),
  httpSource(),
  jiraSource(),
  singerSource(),
  sqlSource(),
];
