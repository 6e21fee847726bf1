import { argumentsOf, closest, commandFirst } from "./arguments.ts";
import { type Answer, type Command, CommandError, type Invocation, type Io, usage } from "./command.ts";
import { commands, commonOptions, LATER } from "./commands.ts";
import { helpDocument, helpOf, overview } from "./help.ts";
import { oneLine } from "./paint.ts";

/** Runs one command line and returns its exit code. Nothing but the answer goes to stdout. */
export async function dispatch(given: readonly string[], io: Io): Promise<number> {
  const args = commandFirst(given);
  const wantsJson = args.includes("--json");
  const verbose = args.includes("--verbose");
  try {
    const command = find(args);
    if (!command) {
      print(await withoutCommand(args, wantsJson), wantsJson, io);
      return 0;
    }
    const parsed = await argumentsOf(command, args.slice(command.path.length));
    if (parsed.options.help) {
      const text = helpOf(command, commonOptions);
      print({ exit: 0, document: helpDocument(command, commonOptions), text }, wantsJson, io);
      return 0;
    }
    const handler = await command.load();
    const answer = await handler({ ...parsed, json: parsed.options.json === true, verbose, io });
    await tellRead(command, parsed, io);
    print(answer, parsed.options.json === true, io);
    return answer.exit;
  } catch (error) {
    return report(error, { json: wantsJson, verbose, io });
  }
}

function find(args: readonly string[]): Command | undefined {
  return commands.find((command) => command.path.every((word, at) => args[at] === word));
}

/** What there is to say when no command is named: a version, or what commands there are. */
async function withoutCommand(args: readonly string[], wantsJson: boolean): Promise<Answer> {
  const words = args.filter((word, at) => !word.startsWith("-") && at < 2);
  const asksForHelp = args.includes("--help") || args.includes("-h");
  if (words.length === 0 && args.includes("--version")) {
    const { VERSION } = await import("../version.ts");
    return { exit: 0, document: { version: VERSION }, text: `edgeforge ${VERSION}` };
  }
  const wrong = words.length === 0 && !asksForHelp && !wantsJson ? args[0] : undefined;
  if (wrong !== undefined) {
    const near = await closest(wrong.replace(/^-+/, ""), [...Object.keys(commonOptions), "version"]);
    throw usage(
      "This is not an option of forge",
      near === undefined ? "See: forge --help" : `Did you mean --${near}? See: forge --help`,
      { value: wrong },
    );
  }
  const named = commands.filter((one) => words.every((word, at) => one.path[at] === word));
  if (named.length === 0 || (words.length > 0 && !asksForHelp)) throw await unknownCommand(words);
  return {
    exit: 0,
    document: { commands: named.map((one) => helpDocument(one, commonOptions)) },
    text: overview(named, words.join(" ")),
  };
}

async function unknownCommand(words: readonly string[]): Promise<CommandError> {
  const two = words.slice(0, 2).join(" ");
  if (LATER.includes(words[0] ?? "") || LATER.includes(two)) {
    return new CommandError({
      code: "not-in-this-version",
      message: `'${LATER.includes(two) ? two : words[0]}' is not in this version`,
      remedy: "See what is there: forge --help",
    }, 2);
  }
  const inNamespace = commands.filter((command) => command.path.length > 1 && command.path[0] === words[0]);
  const names = (list: readonly Command[]) => list.map((command) => command.path.join(" "));
  const below = inNamespace.filter((command) => words.every((word, at) => command.path[at] === word));
  if (below.length > 0) {
    return usage(`'${words.join(" ")}' needs a command`, `One of: ${names(below).join(", ")}`);
  }
  const near = inNamespace.length > 0
    ? await closest(two, names(inNamespace))
    : await closest(two, names(commands)) ??
      await closest(words[0] ?? "", [...new Set(commands.map((command) => command.path[0] ?? ""))]);
  const all = inNamespace.length > 0 ? `One of: ${names(inNamespace).join(", ")}` : "See: forge --help";
  return usage(
    `'${inNamespace.length > 0 ? two : words[0]}' is not a command`,
    near === undefined ? all : `Did you mean: forge ${near}? ${all}`,
  );
}

function print(answer: Answer, json: boolean, io: Io): void {
  if (answer.document === undefined) return;
  if (json) io.out(JSON.stringify(answer.document, null, 2) + "\n");
  else if (answer.text) io.out(answer.text.endsWith("\n") ? answer.text : answer.text + "\n");
}

/** Evidence that was read is told before it is shown. */
async function tellRead(
  command: Command,
  { operands, options }: { operands: readonly string[]; options: Invocation["options"] },
  io: Io,
): Promise<void> {
  if (command.path[0] !== "evidence" && command.path[0] !== "artifact") return;
  const { readingCommand, reasonOf } = await import("../evidence_reads.ts");
  const words = readingCommand(command.path);
  if (words === null) return;
  const { knownDataDirectory } = await import("./data_dir.ts");
  const { auditFile } = await import("../audit_file.ts");
  const data = knownDataDirectory({ options, io });
  // Where there is no installation, a stranger verifies what was handed over.
  if (data === null || !await Deno.stat(`${data}/state.db`).then(({ isFile }) => isFile, () => false)) return;
  await auditFile(data).append({
    action: "evidence.read",
    actor: String(options.as ?? options.user ?? io.env("USER") ?? io.env("LOGNAME") ?? "owner"),
    object: operands.join(" ").slice(0, 300),
    detail: { command: words, why: reasonOf(options.why ?? io.env("FORGE_WHY")) },
  });
}

/** By its name: whoever signs nothing does not load what signs. */
function signingFailure(error: unknown): CommandError | null {
  if (!(error instanceof Error)) return null;
  if (error.name === "LogConflict") {
    const remedy =
      "Compare the log with checkpoints that are kept elsewhere: forge log verify --anchor DIR, its witnesses";
    return new CommandError({ code: "log-conflict", message: error.message, remedy }, 1);
  }
  if (error.name !== "SigningFailed") return null;
  const remedy = "remedy" in error && typeof error.remedy === "string" ? error.remedy : "";
  return new CommandError({ code: "signing", message: error.message, remedy }, 2);
}

/** One place where an error becomes words and an exit code. */
function report(error: unknown, how: { json: boolean; verbose: boolean; io: Io }): number {
  const { io } = how;
  const known = error instanceof CommandError ? error : signingFailure(error);
  const interrupted = io.interrupted.aborted;
  const problem = known?.problem ?? {
    code: interrupted ? "interrupted" : "internal",
    message: error instanceof Error ? error.message : String(error),
    remedy: interrupted
      ? "The run is kept: it goes on with the next forge command that starts an engine, such as forge serve"
      : "This is a fault of Edgeforge. Run it again with --verbose and report what it prints",
  };
  const exit = known?.exit ?? (interrupted ? 130 : 1);
  if (how.json) io.out(JSON.stringify({ ...known?.about, error: problem }, null, 2) + "\n");
  // What came from outside may hold control characters: a terminal gets none of them.
  const say = (indent: string, text: string) => io.err(`${indent}${oneLine(text, 2000)}\n`);
  say("forge: ", problem.message);
  for (const cause of problem.causes ?? []) {
    say("  ", `${cause.path ? `${cause.path}: ` : ""}${cause.message}`);
    if (cause.value !== undefined) say("    given: ", cause.value);
    if (cause.remedy) say("    do:    ", cause.remedy);
  }
  if (problem.value !== undefined) say("  given: ", problem.value);
  if (problem.remedy) say("  do:    ", problem.remedy);
  if (how.verbose && error instanceof Error && error.stack) io.err(`${error.stack}\n`);
  return exit;
}
