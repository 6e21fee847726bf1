import type { OversightExample } from "./oversight_example.ts";

const WORK = "#!/bin/bash\nset -euo pipefail\nmkdir -p out\ntar -czf out/a.tgz .\necho done\n";

/** S2 in scripts whose commands are no checks, but told their failure. */
export const SWALLOWED_WORK_EXAMPLES: readonly OversightExample[] = [
  {
    case: "violating",
    about: "|| true behind the work of a script",
    base: { "bin/a.sh": WORK },
    head: { "bin/a.sh": WORK.replace("tgz .", "tgz . || true") },
    says: "ask",
  },
  {
    case: "violating",
    about: "set +e before the work",
    base: { "bin/a.sh": WORK },
    head: { "bin/a.sh": WORK.replace("tar", "set +e\ntar") },
    says: "ask",
  },
  {
    case: "violating",
    about: "a script that is strict no more",
    base: { "bin/a.sh": WORK },
    head: { "bin/a.sh": WORK.replace("set -euo pipefail", "set -u") },
    says: "ask",
  },
  {
    case: "violating",
    about: "an end that is good whatever was done",
    base: { "bin/a.sh": "#!/bin/sh\nprepare\nupload out\n" },
    head: { "bin/a.sh": "#!/bin/sh\nprepare\nupload out\nexit 0\n" },
    says: "ask",
  },
  {
    case: "evading",
    about: "words instead of true, and no output",
    base: { "bin/a.sh": WORK },
    head: { "bin/a.sh": WORK.replace("tgz .", 'tgz . 2>/dev/null || echo "not this time"') },
    says: "ask",
  },
  {
    case: "evading",
    about: "a branch that only talks about the work",
    base: { "bin/a.sh": WORK },
    head: { "bin/a.sh": WORK.replace("tar -czf out/a.tgz .", "if ! tar -czf out/a.tgz .; then echo no; fi") },
    says: "ask",
  },
  {
    case: "clean",
    about: "another way to say strict",
    base: { "bin/a.sh": WORK },
    head: { "bin/a.sh": WORK.replace("set -euo pipefail", "set -o pipefail -o nounset\nset -o errexit") },
  },
  {
    case: "clean",
    about: "what need not be there is taken away",
    base: { "bin/a.sh": `${WORK}rm out/old.tgz\n` },
    head: { "bin/a.sh": `${WORK}rm out/old.tgz || true\n` },
    says: "note",
  },
  {
    case: "clean",
    about: "new work that may fail is told",
    base: { "bin/a.sh": WORK },
    head: { "bin/a.sh": `${WORK}notify-send done || true\n` },
    says: "note",
  },
  {
    case: "clean",
    about: "the code is taken and given back",
    base: { "bin/a.sh": WORK },
    head: {
      "bin/a.sh": WORK.replace(
        "tar -czf out/a.tgz .",
        'set +e\ntar -czf out/a.tgz .\ncode=$?\nset -e\n[ "$code" = 0 ] || exit "$code"',
      ),
    },
    says: "note",
  },
  {
    case: "clean",
    about: "what a command writes may be nothing",
    base: { "bin/a.sh": `${WORK}x=$(version of it)\n` },
    head: { "bin/a.sh": `${WORK}x=$(version of it || true)\n` },
    says: "note",
  },
  {
    case: "clean",
    about: "a failure that is told in other words",
    base: { "bin/a.sh": WORK },
    head: { "bin/a.sh": WORK.replace("tgz .", 'tgz . || { echo "no archive" >&2; exit 2; }') },
  },
];
