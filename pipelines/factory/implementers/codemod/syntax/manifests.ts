import { folderOf } from "../language.ts";
import type { Workbench } from "../workbench.ts";
import type { LinkContext } from "./links.ts";

/** What go.mod and Cargo.toml files say about the names of modules and crates. */
export async function readLinkContext(bench: Workbench): Promise<LinkContext> {
  const goModules = new Map<string, string>();
  const crates = new Map<string, string>();
  for (const path of await bench.stage.list()) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (name !== "go.mod" && name !== "Cargo.toml") continue;
    const text = (await bench.stage.searched(path))?.text ?? "";
    if (name === "go.mod") {
      const module = /^module\s+"?([^\s"]+)/m.exec(text)?.[1];
      if (module !== undefined) goModules.set(folderOf(path), module);
    } else {
      const crate = /^\[package\][^[]*?^\s*name\s*=\s*"([^"]+)"/m.exec(text)?.[1];
      if (crate !== undefined) crates.set(folderOf(path), crate);
    }
  }
  return { goModules, crates };
}
