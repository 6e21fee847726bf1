import config from "../../deno.json" with { type: "json" };

/**
 * The program `forge` of an installation: a shell script beside the bundle, which may be linked to from elsewhere. It starts Deno as
 * `deno task forge` does, and loads as `deno task etl` does: the flags are taken from those tasks.
 */
export function launcher(deno: string): string {
  return `#!/bin/sh
# Made by 'deno task build'.
place=$0
while [ -L "$place" ]; do
  to=$(readlink "$place")
  case $to in /*) place=$to ;; *) place=$(dirname "$place")/$to ;; esac
done
root=$(cd "$(dirname "$place")" && pwd -P) || exit 3
deno=\${FORGE_DENO:-${quoted(deno)}}
[ -x "$deno" ] || deno=deno
command -v "$deno" > /dev/null || {
  echo "forge: Deno is not where it was at the build, nor on PATH" >&2
  echo "  do:    Install Deno 2.9 or later, or name it: FORGE_DENO=/path/to/deno" >&2
  exit 3
}
if [ "$1" = etl ]; then
  flags=${quoted(flagsOf(config.tasks.etl))}
else
  export MALLOC_ARENA_MAX=1
  flags=${quoted(flagsOf(config.tasks.forge))}
fi
exec "$deno" run --config "$root/deno.json" "$flags" -A "$root/bundle/main.js" "$@"
`;
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function flagsOf(task: string): string {
  const flags = task.split(" ").find((word) => word.startsWith("--v8-flags="));
  if (flags === undefined) throw new Error(`Cannot start as the task does, it names no flags: ${task}`);
  return flags;
}
