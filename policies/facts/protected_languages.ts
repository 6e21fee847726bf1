import { type Data, isData, type Parts, pick } from "./parts.ts";

/** Settings of pytest and of other tools that judge, not dependencies. */
export function pyprojectParts(data: Data): Parts {
  const parts: Parts = new Map();
  const tool = isData(data.tool) ? data.tool : {};
  pick(parts, tool, [
    "pytest",
    "coverage",
    "tox",
    "nox",
    "mypy",
    "ruff",
    "flake8",
    "pyright",
    "basedpyright",
    "pylint",
    "bandit",
    "taskipy",
    "poe",
    "poethepoet",
    "nose",
    "unittest",
    "mutmut",
  ], "tool.");
  const hatch = isData(tool.hatch) ? tool.hatch : {};
  pick(parts, hatch, ["envs"], "tool.hatch.");
  pick(parts, isData(tool.pdm) ? tool.pdm : {}, ["scripts"], "tool.pdm.");
  const project = isData(data.project) ? data.project : {};
  const entries = isData(project["entry-points"]) ? project["entry-points"] : {};
  // A plugin that registers here is loaded by every run of pytest.
  pick(parts, entries, ["pytest11"], "project.entry-points.");
  const uv = isData(tool.uv) ? tool.uv : {};
  pick(parts, uv, ["sources", "override-dependencies", "index"], "tool.uv.");
  return parts;
}

/** Test targets, test profiles, replaced crates, not dependencies. */
export function cargoParts(data: Data): Parts {
  const parts: Parts = new Map();
  const named = (section: string) => {
    const list = Array.isArray(data[section]) ? data[section] : isData(data[section]) ? [data[section]] : [];
    for (const [index, target] of list.entries()) {
      if (!isData(target)) continue;
      for (const key of ["test", "harness", "doctest", "required-features", "path", "bench"]) {
        if (
          target[key] !== undefined &&
          (section === "test" || key === "test" || key === "harness" || key === "doctest")
        ) {
          parts.set(`${section}.${String(target.name ?? index)}.${key}`, target[key]);
        }
      }
    }
  };
  for (const section of ["lib", "bin", "test", "example", "bench"]) named(section);
  const pkg = isData(data.package) ? data.package : {};
  pick(parts, pkg, ["autotests", "autobenches", "build", "default-run"], "package.");
  pick(parts, isData(data.profile) ? data.profile : {}, ["test", "dev"], "profile.");
  pick(parts, data, ["patch", "replace", "lints"]);
  const workspace = isData(data.workspace) ? data.workspace : {};
  pick(parts, workspace, ["exclude", "default-members", "lints"], "workspace.");
  return parts;
}

/** Sections of an INI file that steer tests and linters. */
export function setupCfgParts(text: string): Parts {
  const parts: Parts = new Map();
  let section = "";
  for (const line of text.split("\n")) {
    const head = /^\[([^\]]{1,200})\]/.exec(line);
    if (head) section = (head[1] ?? "").toLowerCase();
    else if (
      /^(?:tool:|coverage|flake8|mypy|pylint|aliases|nosetests|unittest|tox|isort|pycodestyle|bandit)/.test(
        section,
      ) && line.trim() !== ""
    ) {
      parts.set(section, `${String(parts.get(section) ?? "")}${line.trimEnd()}\n`);
    }
  }
  return parts;
}

/** `replace` and `exclude` put other code under the same import path; `require` is a dependency like any other. */
export function goModParts(text: string): Parts {
  const parts: Parts = new Map();
  let block = "";
  for (const raw of text.split("\n")) {
    const line = raw.replace(/\/\/.*$/, "").trim();
    if (block !== "") {
      if (line === ")") block = "";
      else if (line !== "") parts.set(`${block} ${line.replace(/\s+/g, " ")}`, true);
      continue;
    }
    const word = line.split(/\s+/, 1)[0] ?? "";
    if (!["replace", "exclude", "use", "godebug", "tool"].includes(word)) continue;
    if (line.endsWith("(")) block = word;
    else parts.set(line.replace(/\s+/g, " "), true);
  }
  return parts;
}
