/** The sources that pipelines can read. */
import type { LateSource, Source } from "../data/port.ts";

const once = (load: LateSource): LateSource => {
  let loaded: Promise<Source> | null = null;
  return () => loaded ??= load();
};

/** One of each connector, by its name, loaded when a pipeline names it; their libraries at first use. */
export const sources: Readonly<Record<string, LateSource>> = {
  edgar: once(async () => (await import("./edgar/mod.ts")).edgarSource()),
  excel: once(async () => (await import("./excel/mod.ts")).excelSource()),
  file: once(async () => (await import("./file/mod.ts")).fileSource()),
  github: once(async () => (await import("./github/mod.ts")).githubSource()),
  gitlab: once(async () => (await import("./gitlab/mod.ts")).gitlabSource()),
  http: once(async () => (await import("./http/source.ts")).httpSource()),
  jira: once(async () => (await import("./jira/mod.ts")).jiraSource()),
  singer: once(async () => (await import("./singer/source.ts")).singerSource()),
  sql: once(async () => (await import("./sql/source.ts")).sqlSource()),
};
