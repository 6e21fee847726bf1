import assert from "node:assert/strict";
import { join } from "node:path";
import { namesDependencies, type Sandbox } from "../../../connectors/mod.ts";
import { gatherVerifyFacts } from "./gather.ts";
import { inputOf, onlyCommand, sampleChange, sandbox, sandboxed, told, type Tree } from "./sample_change.ts";

/** Enough files for checkouts to serve more than one run. */
const many: Tree = Object.fromEntries(
  Array.from({ length: 450 }, (_, at) => [`many/${at % 9}/${at}.txt`, `${at}\n`]),
);

/** Says whether it sees what an earlier run left, then leaves something, of every kind that could help a later one. */
const script = (more: string) =>
  `#!/bin/sh
n=0
t() { n=$((n+1)); if eval "$2"; then echo "ok $n - $1"; else echo "not ok $n - $1"; bad=1; fi; }
t "nothing was left" '[ ! -e left ] && [ ! -e many/left ] && [ "$(cat many/1/1.txt)" = 1 ] && [ -e many/2/2.txt ] && [ ! -x data.txt ]'
t "the value is right" '[ "$(cat data.txt)" = "$(cat want.txt)" ]'
${more}
echo "1..$n"
touch -r many/1/1.txt left; echo 2 > many/1/1.txt; touch -r left many/1/1.txt
mkdir many/left; rm many/2/2.txt; chmod +x data.txt; cp want.txt data.txt; echo 'exit 0' > lib.sh
[ -z "$bad" ]
`;

Deno.test({
  name: "in a repository of many files few checkouts are made, and no run sees what another one left",
  ignore: !sandboxed,
  fn: async () => {
    const base: Tree = { ...many, "test.sh": script(""), "data.txt": "1\n", "want.txt": "1\n", "lib.sh": "" };
    const sample = await sampleChange(base, {
      "test.sh": script(`t "it is two" '[ "$(cat data.txt)" = 2 ]'`),
      "data.txt": "2\n",
      "want.txt": "2\n",
    });
    try {
      const files = new Set<number | null>();
      let runs = 0;
      const watching: Sandbox = {
        ...sandbox,
        run: async (request) => {
          if (request.argv.includes("test.sh")) {
            runs++;
            files.add((await Deno.lstat(join(request.cwd, "many/3/3.txt"))).ino);
          }
          return await sandbox.run(request);
        },
      };
      const facts = await gatherVerifyFacts(
        inputOf(sample, {
          sandbox: watching,
          spec: { verify: { run: [["sh", "test.sh"]], tests: ["test.sh"] } },
        }),
      );
      const command = onlyCommand(facts);
      const right = ["pass nothing was left", "pass the value is right"];
      assert.deepEqual(told(command.base), right);
      assert.deepEqual(told(command.head), ["pass it is two", ...right]);
      assert.deepEqual(told(command.baseTestsOnHead), right);
      assert.deepEqual(told(command.headTestsOnBase), ["fail it is two", ...right]);
      assert.ok(runs >= 4, `${runs} runs`);
      assert.equal(files.size, 2, "each file was written twice, for two runs at once");
    } finally {
      await sample.dispose();
    }
  },
});

Deno.test("only a lock file where dependencies are looked for asks for a checkout to install them in", async () => {
  assert.equal(namesDependencies(["a.ts", "src/deno.json", "docs/package.json"]), false);
  assert.equal(namesDependencies(["web/package-lock.json"]), true);
  assert.equal(
    namesDependencies(["tests/fixtures/package-lock.json", "node_modules/x/package-lock.json"]),
    false,
  );
  assert.equal(namesDependencies(["a/b/c/d/go.sum"]), false);
  const sample = await sampleChange({ "test.sh": "echo ok 1 - a; echo 1..1" }, { x: "1" });
  try {
    let asked = 0;
    const prepare = () => Promise.resolve({ executions: [], n: asked++ });
    const spec = { verify: { run: [["sh", "test.sh"]] } };
    await gatherVerifyFacts(inputOf(sample, { spec, prepare, prepares: () => false }));
    assert.equal(asked, 0);
    await gatherVerifyFacts(inputOf(sample, { spec, prepare, prepares: (paths) => paths.includes("x") }));
    assert.equal(asked, 1, "head has the file, base has not");
  } finally {
    await sample.dispose();
  }
});
