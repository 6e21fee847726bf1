/**
 * Programs out of the terminal's process group: an interrupt at the terminal goes to all of the group, and must stop us in order, not
 * a git in the middle of its work or tests whose end is then taken for their result.
 */
let known: string | null | undefined;

/**
 * The tool that starts a program in a session of its own, or null. Deno can do that too (`detached`), but then copies its own page tables
 * for each start, which takes longer than most git commands.
 */
export function sessionTool(): string | null {
  return known ??= Deno.build.os === "linux" ? ["/usr/bin/setsid", "/bin/setsid"].find(isFile) ?? null : null;
}

/** How to start a program so: its name and arguments, and whether Deno has to see to it. */
export function ownSession(program: string, args: readonly string[]) {
  const tool = sessionTool();
  return tool === null
    ? { program, args: [...args], detached: Deno.build.os !== "windows" }
    : { program: tool, args: [program, ...args], detached: false };
}

/** The file that a name on PATH stands for; throws NotFound as starting it would. */
export function onPath(name: string, path: string): string {
  for (const dir of path.split(":")) if (isFile(`${dir || "."}/${name}`)) return `${dir || "."}/${name}`;
  throw new Deno.errors.NotFound(`there is no ${name} on PATH (${path})`);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
