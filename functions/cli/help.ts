import type { Command } from "./command.ts";

/** The page of `forge --help`: every command of this version, one line each. */
export function overview(commands: readonly Command[], namespace?: string): string {
  const width = Math.max(...commands.map((command) => usageOf(command).length));
  const lines = commands.map((command) => `  ${usageOf(command).padEnd(width)}  ${command.summary}`);
  return [
    ...(!namespace ? ["forge: a spec in, a governed, evidence-bearing pull request out", ""] : []),
    `Usage: forge ${namespace ? `${namespace} ` : ""}COMMAND [OPTIONS]`,
    "",
    ...lines,
    "",
    `Help for one of them: forge ${commands[0]?.path.join(" ") ?? "COMMAND"} --help`,
    "Every command takes --json, --data DIR, --verbose and --help.",
    "Exit codes: 0 completed, 1 denied or failed, 2 usage, 3 escalated or parked, 4 cancelled, 130 interrupted.",
    "",
  ].join("\n");
}

/** The page of one command. */
export function helpOf(command: Command, common: Command["options"]): string {
  const rows = (options: Command["options"]) =>
    Object.entries(options).map(([name, option]) => {
      const left = `${option.short ? `-${option.short}, ` : ""}--${name}${
        option.value ? ` ${option.value}` : ""
      }`;
      return [left, option.summary] as const;
    });
  const own = rows(command.options);
  const shared = rows(common);
  const width = Math.max(...[...own, ...shared].map(([left]) => left.length));
  const print = (list: (readonly [string, string])[]) =>
    list.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
  return [
    `forge ${usageOf(command)}: ${command.summary}`,
    "",
    `Usage: forge ${usageOf(command)} [OPTIONS]`,
    "",
    ...(own.length > 0 ? ["Options", ...print(own), ""] : []),
    "Common options",
    ...print(shared),
    "",
    command.examples.length === 1 ? "Example" : "Examples",
    ...command.examples.map((example) => `  ${example}`),
    ...(command.more === undefined ? [] : ["", command.more]),
    "",
  ].join("\n");
}

/** The same as a document, for `--help --json`. */
export function helpDocument(command: Command, common: Command["options"]): Record<string, unknown> {
  return {
    command: command.path.join(" "),
    summary: command.summary,
    examples: command.examples,
    operands: command.operands,
    options: Object.fromEntries(
      Object.entries({ ...command.options, ...common }).map(([name, { type, value, summary }]) => [
        `--${name}`,
        { type, ...(value === undefined ? {} : { value }), summary },
      ]),
    ),
  };
}

function usageOf(command: Command): string {
  return [...command.path, ...command.operands].join(" ");
}
