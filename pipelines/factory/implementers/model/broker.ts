import type { ModelTool, ModelToolCall } from "../../../../connectors/mod.ts";
import type { Json } from "../../../../specs/mod.ts";
import { hasReferences, outlineOf, referencesOf, searchFiles } from "../../context/mod.ts";
import { type Applied, applyEdit, editRefusal, type EditRules, move } from "./apply.ts";
import { type DataText, inline } from "./data_text.ts";
import type { Edit } from "./edit/edit.ts";
import { holdsCredentials, type WorkFiles } from "./files.ts";
import type { CommandRunner } from "./run_command.ts";
import type { CallOutcome, SessionLog } from "./session_log.ts";
import { DECLARED, isTool, TOOL_ARGS, toolDigest, type ToolName } from "./tools.ts";
import type { z } from "zod";

/** What came of a call: text for the model, and whether the call itself was wrong. */
export interface Answered {
  readonly text: string;
  readonly ok: boolean;
  /** The call was none of this session's tools, or its arguments do not fit: an error of format. */
  readonly malformed: boolean;
  /** The file whose text the answer shows. */
  readonly shows?: string;
}

/** Carries out what the model asks for, and nothing else: every call is decided, carried out and recorded here. */
export interface Broker {
  call(call: ModelToolCall): Promise<Answered>;
  edit(edit: Edit): Promise<Applied>;
}

const MAX_READ_CHARS = 24_000;
const MAX_LINE_CHARS = 2_000;

export async function toolBroker({ files, rules, tools, runner, data, log }: {
  files: WorkFiles;
  rules: EditRules;
  tools: readonly ModelTool[];
  runner: CommandRunner;
  data: DataText;
  log: SessionLog;
}): Promise<Broker> {
  const schemas = new Map<string, string>();
  for (const tool of tools) schemas.set(tool.name, await toolDigest(tool));
  const note = (tool: string, args: Json, touches: readonly string[], readsPrivate: boolean) => ({
    tool,
    schema: schemas.get(tool) ?? null,
    args,
    ...(isTool(tool) && schemas.has(tool) ? { class: DECLARED[tool].class } : {}),
    touches,
    yields: "untrusted" as const,
    readsPrivate,
  });

  const edit = async (wanted: Edit): Promise<Applied> => {
    const tool = TOOL_OF[wanted.kind];
    const touches = wanted.kind === "hunks" && wanted.to !== null ? [wanted.path, wanted.to] : [wanted.path];
    const told = note(tool, wanted as unknown as Json, touches, tool === "edit");
    const why = schemas.has(tool) ? editRefusal(rules, wanted) : `the tool ${tool} is not offered`;
    if (why !== null) {
      await log.denied(told);
      return { ok: false, path: wanted.path, message: `refused: ${why}` };
    }
    let applied: Applied | null = null;
    await log.allowed(told, async () => {
      applied = await applyEdit(files, wanted);
      return { ok: applied.ok, text: `${applied.path}: ${applied.message}\n${applied.nearest ?? ""}` };
    });
    if (applied === null) throw new Error("Cannot tell what came of an edit: it was not carried out");
    return applied;
  };

  const refuse = async (
    call: ModelToolCall,
    text: string,
    malformed: boolean,
    touches: string[] = [],
  ): Promise<Answered> => {
    await log.denied(note(call.tool, call.args, touches, false));
    return { text: `Refused: ${text}`, ok: false, malformed };
  };

  const carried = async (
    name: ToolName,
    args: Json,
    touches: string[],
    run: () => Promise<CallOutcome>,
    shows?: string,
  ): Promise<Answered> => {
    const outcome = await log.allowed(note(name, args, touches, name !== "rename"), run);
    log.saw(`result of call ${log.count} (${name})`, "untrusted");
    return {
      text: outcome.text,
      ok: outcome.ok,
      malformed: false,
      ...(shows === undefined ? {} : { shows }),
    };
  };

  return {
    edit,
    async call(call) {
      const { tool } = call;
      if (!isTool(tool) || !schemas.has(tool)) {
        return await refuse(
          call,
          `there is no tool ${inline(tool, 60)}; there are ${[...schemas.keys()].join(", ")}`,
          true,
        );
      }
      const parsed = TOOL_ARGS[tool].safeParse(call.args);
      if (call.raw !== undefined || !parsed.success) {
        const issues = parsed.success
          ? "they are no JSON"
          : parsed.error.issues.slice(0, 3).map((issue) =>
            `${issue.path.join(".") || "arguments"}: ${issue.message}`
          ).join("; ");
        return await refuse(call, `the arguments of ${tool} do not fit: ${inline(issues)}`, true);
      }
      return await carry(call, tool, parsed.data);
    },
  };

  async function carry(call: ModelToolCall, tool: ToolName, args: unknown): Promise<Answered> {
    switch (tool) {
      case "read":
      case "outline": {
        const given = args as z.infer<typeof TOOL_ARGS.read>;
        const why = unreadable(given.path);
        if (why !== null) return await refuse(call, why, false, [given.path]);
        return await carried(
          tool,
          call.args,
          [given.path],
          () => tool === "read" ? read(given) : outline(given.path),
          given.path,
        );
      }
      case "references": {
        const given = args as z.infer<typeof TOOL_ARGS.references>;
        const why = unreadable(given.path);
        if (why !== null) return await refuse(call, why, false, [given.path]);
        return await carried(tool, call.args, [given.path], () => references(given));
      }
      case "search": {
        const given = args as z.infer<typeof TOOL_ARGS.search>;
        return await carried(tool, call.args, [], () => search(given));
      }
      case "run": {
        const { command } = args as z.infer<typeof TOOL_ARGS.run>;
        if (runner.commands[command - 1] === undefined) {
          return await refuse(
            call,
            `there is no command ${command}: ${runner.none ?? `1 to ${runner.commands.length}`}`,
            false,
          );
        }
        return await carried(tool, call.args, [], async () => {
          const ran = await runner.run(command - 1);
          return {
            ok: ran.ok,
            text: await data.fenced({ uri: `command:${command}`, trust: "untrusted" }, ran.text),
          };
        });
      }
      case "edit": {
        const given = args as z.infer<typeof TOOL_ARGS.edit>;
        const { path } = given;
        return answered(
          await edit({ kind: "replace", path, search: lines(given.search), replace: lines(given.replace) }),
        );
      }
      case "write": {
        const { path, content } = args as z.infer<typeof TOOL_ARGS.write>;
        return answered(await edit({ kind: "write", path, content }));
      }
      case "delete":
        return answered(await edit({ kind: "delete", path: (args as { path: string }).path }));
      case "rename": {
        const { from, to } = args as z.infer<typeof TOOL_ARGS.rename>;
        const why = rules.mayChange(from) ?? rules.mayChange(to) ?? rules.mayGo(from) ??
          (holdsCredentials(from) || holdsCredentials(to) ? "it holds credentials by its name" : null);
        if (why !== null) return await refuse(call, why, false, [from, to]);
        return await carried(tool, call.args, [from, to], async () => {
          const file = await files.read(from);
          if (file.kind !== "text") {
            return {
              ok: false,
              text: file.kind === "absent" ? `there is no file ${inline(from)}` : inline(file.why),
            };
          }
          const failed = await move(files, from, to, file.text);
          return failed === null
            ? { ok: true, text: `${inline(from)} is ${inline(to)} now` }
            : { ok: false, text: inline(failed.message) };
        });
      }
      default: {
        const never: never = tool;
        throw new Error(`Cannot carry out ${String(never)}`);
      }
    }
  }

  async function answered(applied: Applied): Promise<Answered> {
    const nearest = applied.nearest
      ? `\nNearest lines of the file:\n${await data.fenced({
        uri: `workspace:${applied.path}#nearest`,
        trust: "untrusted",
      }, applied.nearest)}`
      : "";
    return {
      text: `${inline(applied.path)}: ${inline(applied.message, 600)}${nearest}`,
      ok: applied.ok,
      malformed: false,
    };
  }

  async function read({ path, from, lines: count }: z.infer<typeof TOOL_ARGS.read>): Promise<CallOutcome> {
    const file = await files.read(path);
    if (file.kind === "absent") return { ok: false, text: `There is no file ${inline(path)}` };
    if (file.kind === "unreadable") return { ok: false, text: inline(file.why) };
    const all = file.text.replace(/\r\n/g, "\n").split("\n");
    if (all.at(-1) === "") all.pop();
    const part: string[] = [];
    let chars = 0;
    for (const line of all.slice(from - 1, from - 1 + count)) {
      const shown = line.length > MAX_LINE_CHARS
        ? `${line.slice(0, MAX_LINE_CHARS)}[left out: ${
          line.length - MAX_LINE_CHARS
        } characters of this line]`
        : line;
      if (chars + shown.length > MAX_READ_CHARS) break;
      chars += shown.length + 1;
      part.push(shown);
    }
    const last = from + part.length - 1;
    const uri = `workspace:${path}${from === 1 && last >= all.length ? "" : `#L${from}-L${last}`}`;
    const more = last < all.length ? ` Read on from line ${last + 1}.` : "";
    return {
      ok: true,
      text: `Lines ${from} to ${last} of ${all.length}.${more}\n${await data.fenced({
        uri,
        trust: "untrusted",
      }, part.join("\n"))}`,
    };
  }

  async function outline(path: string): Promise<CallOutcome> {
    const file = await files.read(path);
    if (file.kind !== "text") {
      return {
        ok: false,
        text: file.kind === "absent" ? `There is no file ${inline(path)}` : inline(file.why),
      };
    }
    const items = await outlineOf(path, file.text);
    if (items === null) return { ok: false, text: `There is no outline of ${inline(path)}: read it` };
    const text = items.map((item) =>
      `${String(item.line).padStart(5)} ${"  ".repeat(item.depth)}${item.text}`
    ).join("\n");
    return {
      ok: true,
      text: await data.fenced({ uri: `workspace:${path}#outline`, trust: "untrusted" }, text),
    };
  }

  async function references(given: z.infer<typeof TOOL_ARGS.references>): Promise<CallOutcome> {
    if (!hasReferences(given.path)) {
      return { ok: false, text: "Only of TypeScript and JavaScript: search for the name" };
    }
    const found = await referencesOf(files.texts, given);
    if (!found.ok) return { ok: false, text: `${inline(found.error.message)}. ${found.error.remedy ?? ""}` };
    const { hits, more } = found.value;
    const text = hits.map((hit) => `${hit.path}:${hit.line}: ${hit.text}`).join("\n");
    const uri = `references:${given.path}#${given.symbol.slice(0, 100)}`;
    return {
      ok: true,
      text: `${hits.length} lines${more ? ", and more" : ""}.\n${await data.fenced({
        uri,
        trust: "untrusted",
      }, text)}`,
    };
  }

  async function search(given: z.infer<typeof TOOL_ARGS.search>): Promise<CallOutcome> {
    const found = await searchFiles(files.texts, given);
    if (!found.ok) return { ok: false, text: `${inline(found.error.message)}. ${found.error.remedy ?? ""}` };
    const { hits, more } = found.value;
    if (hits.length === 0) return { ok: true, text: `Nothing was found in ${found.value.files} files.` };
    const text = hits.map((hit) => `${hit.path}:${hit.line}: ${hit.text}`).join("\n");
    return {
      ok: true,
      text: `${hits.length} lines${more ? ", and more: narrow it down" : ""}.\n${await data.fenced({
        uri: `search:${given.pattern.slice(0, 100)}`,
        trust: "untrusted",
      }, text)}`,
    };
  }
}

const TOOL_OF: Readonly<Record<Edit["kind"], ToolName>> = {
  replace: "edit",
  hunks: "edit",
  write: "write",
  delete: "delete",
};

/** Why a file is not shown, by its name alone, or null. */
function unreadable(path: string): string | null {
  if (path.startsWith("/") || /^[A-Za-z]:|\\|^~/.test(path)) {
    return "name a file of the repository, relative to its root";
  }
  if (path.split("/").some((part) => part === ".." || part === "." || part === "")) {
    return "the path leads out of the repository";
  }
  if (path.split("/").some((part) => part.toLowerCase() === ".git")) {
    return "git's own directory is not shown";
  }
  return holdsCredentials(path) ? "the file holds credentials by its name: it is not shown to a model" : null;
}

/** Text of a tool's argument in lines; one line end at its end is none of its lines. */
function lines(text: string): string[] {
  if (text === "") return [];
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
}
