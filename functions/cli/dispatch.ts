import { parseArgs } from "node:util";
import { type Answer, type Command, CommandError, type Io, usage } from "./command.ts";
import { commands, commonOptions, LATER } from "./commands.ts";
import { helpDocument, helpOf, overview } from "./help.ts";

/** Runs one command line and returns its exit code. Nothing but the answer goes to stdout. */
export async function dispatch(given: readonly string[], io: Io): Promise<number> {
  const args = commandFirst(given);
  const wantsJson = args.includes("--json");
  const verbose = args.includes("--verbose");
  try {
    const words = args.filter((word, at) => !word.startsWith("-") && at < 3);
    const command = find(args);
    if (!command) {
      const asked = args.includes("--help") || args.includes("-h") || words[0] === "help";
      if (args.includes("--version") && words.length === 0) {
        const { VERSION } = await import("../version.ts");
        print({ exit: 0, document: { version: VERSION }, text: `edgeforge ${VERSION}` }, wantsJson, io);
        return 0;
      }
      const named = commands.filter((one) =>
        words.length === 0 || words[0] === "help" || one.path[0] === words[0]
      );
      if ((asked || words.length === 0) && named.length > 0) {
        if (words.length === 0 && args.length > 0 && !asked && !wantsJson) {
          throw usage(`'${args[0]}' is not an option`, "See: forge --help");
        }
        print(
          {
            exit: 0,
            document: { commands: named.map((one) => helpDocument(one, commonOptions)) },
            text: overview(named),
          },
          wantsJson,
          io,
        );
        return 0;
      }
      throw unknownCommand(words);
    }
    const parsed = parse(command, args.slice(command.path.length));
    if (parsed.options.help) {
      const text = helpOf(command, commonOptions);
      print({ exit: 0, document: helpDocument(command, commonOptions), text }, wantsJson, io);
      return 0;
    }
    const handler = await command.load();
    const answer = await handler({ ...parsed, json: parsed.options.json === true, verbose, io });
    print(answer, parsed.options.json === true, io);
    return answer.exit;
  } catch (error) {
    return report(error, { json: wantsJson, verbose, io });
  }
}

/** Common options may stand before the command: they are moved behind it. */
function commandFirst(args: readonly string[]): string[] {
  const leading: string[] = [];
  let at = 0;
  for (let word = args[at]; word?.startsWith("-"); word = args[at]) {
    const option = commonOptions[word.replace(/^--/, "")];
    const takes = option?.type === "string" && !word.includes("=");
    leading.push(...args.slice(at, at + (takes ? 2 : 1)));
    at += takes ? 2 : 1;
  }
  return [...args.slice(at), ...leading];
}

function find(args: readonly string[]): Command | undefined {
  return commands.find((command) => command.path.every((word, at) => args[at] === word));
}

function parse(command: Command, args: readonly string[]) {
  const options = { ...commonOptions, ...command.options };
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      options: Object.fromEntries(
        Object.entries(options).map(([name, option]) => [
          name,
          option.short ? { type: option.type, short: option.short } : { type: option.type },
        ]),
      ),
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message.split(". To specify")[0] ?? "" : String(error);
    throw usage(message, `See: forge ${command.path.join(" ")} --help`);
  }
  const values = parsed.values as Record<string, string | boolean | undefined>;
  if (!values.help) {
    if (parsed.positionals.length < command.operands.length) {
      const missing = command.operands.slice(parsed.positionals.length).join(" ");
      throw usage(
        `Cannot ${command.path.join(" ")}: ${missing} is missing`,
        `See: forge ${command.path.join(" ")} --help`,
      );
    }
    const extra = parsed.positionals[command.operands.length];
    if (extra !== undefined) {
      throw usage(
        `Cannot ${command.path.join(" ")}: '${extra}' is one operand too many`,
        `See: forge ${command.path.join(" ")} --help`,
      );
    }
  }
  return { operands: parsed.positionals, options: values };
}

function unknownCommand(words: readonly string[]): CommandError {
  const two = words.slice(0, 2).join(" ");
  if (LATER.includes(words[0] ?? "") || LATER.includes(two)) {
    return new CommandError({
      code: "not-in-this-version",
      message: `'${LATER.includes(two) ? two : words[0]}' is not in this version`,
      remedy: "See what is there: forge --help",
    }, 2);
  }
  const inNamespace = commands.filter((command) => command.path.length > 1 && command.path[0] === words[0]);
  if (inNamespace.length > 0) {
    return usage(
      words.length > 1 ? `'${two}' is not a command` : `'${words[0]}' needs a command`,
      `One of: ${inNamespace.map((command) => command.path.join(" ")).join(", ")}`,
    );
  }
  return usage(`'${words[0]}' is not a command`, "See: forge --help");
}

function print(answer: Answer, json: boolean, io: Io): void {
  if (answer.document === undefined) return;
  if (json) io.out(JSON.stringify(answer.document, null, 2) + "\n");
  else if (answer.text) io.out(answer.text.endsWith("\n") ? answer.text : answer.text + "\n");
}

/** One place where an error becomes words and an exit code. */
function report(error: unknown, how: { json: boolean; verbose: boolean; io: Io }): number {
  const { io } = how;
  const known = error instanceof CommandError ? error : null;
  const interrupted = io.interrupted.aborted;
  const problem = known?.problem ?? {
    code: interrupted ? "interrupted" : "internal",
    message: error instanceof Error ? error.message : String(error),
    remedy: interrupted
      ? "The run is kept: it goes on with the next forge command that starts an engine, such as forge serve"
      : "This is a fault of Edgeforge. Run it again with --verbose and report what it prints",
  };
  const exit = known?.exit ?? (interrupted ? 130 : 1);
  if (how.json) io.out(JSON.stringify({ error: problem }, null, 2) + "\n");
  io.err(`forge: ${problem.message}\n`);
  for (const cause of problem.causes ?? []) {
    io.err(`  ${cause.path ? `${cause.path}: ` : ""}${cause.message}\n`);
    if (cause.value !== undefined) io.err(`    given: ${cause.value}\n`);
    if (cause.remedy) io.err(`    do:    ${cause.remedy}\n`);
  }
  if (problem.value !== undefined) io.err(`  given: ${problem.value}\n`);
  if (problem.remedy) io.err(`  do:    ${problem.remedy}\n`);
  if (how.verbose && error instanceof Error && error.stack) io.err(`${error.stack}\n`);
  return exit;
}
