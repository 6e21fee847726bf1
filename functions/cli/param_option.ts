import { usage } from "./command.ts";

/** `--param NAME=VALUE,...`: texts, which become what the type of each parameter says. */
export function paramsOf(given: string | boolean | undefined): Record<string, string> {
  if (typeof given !== "string") return {};
  const params: Record<string, string> = {};
  for (const part of given.split(",")) {
    const at = part.indexOf("=");
    const name = at < 0 ? part : part.slice(0, at);
    if (at < 1 || Object.hasOwn(params, name) || name === "__proto__") {
      throw usage(
        `Cannot read the parameters: '${part}' is not NAME=VALUE, each name once`,
        "For example --param since=2026-01-01",
        { value: part },
      );
    }
    params[name] = part.slice(at + 1);
  }
  return params;
}
