import { parseArgs } from "node:util";
import { type Command, type CommandError, usage } from "./command.ts";
import { commands, commonOptions } from "./commands.ts";

/**
 * Brings the words of the command to the front: common options may stand before and between them. `forge help run` is
 * `forge run --help`.
 */
export function commandFirst(given: readonly string[]): string[] {
  const [first, ...others] = given;
  const args = first === "help" ? [...others, "--help"] : given;
  const words: string[] = [];
  const options: string[] = [];
  let at = 0;
  while (at < args.length && words.length < 2 && !commands.some((one) => isPath(one, words))) {
    const word = args[at] ?? "";
    const takes = word.startsWith("-") && commonOptions[word.slice(2)]?.type === "string" ? 2 : 1;
    if (word === "--") break;
    (word.startsWith("-") ? options : words).push(...args.slice(at, at + takes));
    at += takes;
  }
  return [...words, ...options, ...args.slice(at)];
}

const isPath = (command: Command, words: readonly string[]) => command.path.join(" ") === words.join(" ");

/** The operands and options of a command; throws what is wrong with them. */
export async function argumentsOf(command: Command, args: readonly string[]) {
  const options = { ...commonOptions, ...command.options };
  const name = command.path.join(" ");
  const help = `See: forge ${name} --help`;
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { type, short }]) => [name, short ? { type, short } : { type }]),
      ),
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
  } catch (error) {
    throw await wrongOption(error, Object.keys(options), help);
  }
  const values = parsed.values as Record<string, string | boolean | undefined>;
  if (values.help) return { operands: parsed.positionals, options: values };
  for (const [name, { type }] of Object.entries(options)) {
    const times = parsed.tokens.filter((token) => token.kind === "option" && token.name === name).length;
    if (type === "string" && times > 1) {
      throw usage(`--${name} is given ${times} times`, "Give it once: nobody can say which one counts");
    }
    if (type === "string" && values[name] === "") {
      throw usage(`--${name} is empty`, `Give it a value, or leave it out. ${help}`);
    }
  }
  // An operand in brackets may be left out.
  const required = command.operands.filter((operand) => !operand.startsWith("["));
  if (parsed.positionals.length < required.length) {
    const missing = required.slice(parsed.positionals.length).join(" ");
    throw usage(`forge ${name} needs ${missing}`, help);
  }
  const extra = parsed.positionals[command.operands.length];
  // One in brackets with dots may be given several times.
  if (extra !== undefined && command.operands.at(-1)?.endsWith("...]") !== true) {
    const takes = command.operands.length === 0 ? "no operand" : `only ${command.operands.join(" ")}`;
    throw usage(`forge ${name} takes ${takes}`, help, { value: extra });
  }
  return { operands: parsed.positionals, options: values };
}

async function wrongOption(error: unknown, known: readonly string[], help: string): Promise<CommandError> {
  const message = error instanceof Error ? error.message.split(". To specify")[0] ?? "" : String(error);
  const unknown = /Unknown option '(-[^']*)'/.exec(message)?.[1];
  const near = unknown?.startsWith("--") ? await closest(unknown.slice(2), known) : undefined;
  return usage(message, near === undefined ? help : `Did you mean --${near}? ${help}`);
}

/** The known word that was most likely meant. Loaded when somebody erred: the contracts behind it cost every start otherwise. */
export async function closest(word: string, known: readonly string[]): Promise<string | undefined> {
  const { nearest } = await import("../../specs/mod.ts");
  return nearest(word, known);
}
