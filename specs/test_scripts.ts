import type { Spec } from "./spec.ts";

const SHELL = /^(?:ba|da|k|mk|z|a)?sh$/;
const SCRIPT = /\.(?:sh|bash|t)$/;

/**
 * Shell scripts that `verify.run` starts by name: `["bash", "check.sh"]`, `["./check.sh"]`. Whoever wrote the spec says with that that
 * they are the tests, wherever they lie and whatever they are called.
 */
export function testScriptsOf(spec: Pick<Spec, "verify"> | undefined): string[] {
  const scripts = (spec?.verify?.run ?? []).flatMap((words) => {
    const program = words[0] ?? "";
    const name = program.slice(program.lastIndexOf("/") + 1);
    const script = SHELL.test(name) ? words.slice(1).find((word) => !/^[-+]/.test(word)) : program;
    // After `-c` comes a line of shell, no file.
    const isLine = SHELL.test(name) && words.slice(1).some((word) => /^-[a-z]*c$/.test(word));
    return script === undefined || isLine || !SCRIPT.test(script) ? [] : [script.replace(/^(?:\.\/+)+/, "")];
  });
  return [...new Set(scripts)].filter((path) => !path.startsWith("/") && !path.split("/").includes(".."));
}
