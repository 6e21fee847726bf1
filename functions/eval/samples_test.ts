import assert from "node:assert/strict";
import { bwrapSandbox } from "../../connectors/mod.ts";
import type { RunDocument } from "../../specs/mod.ts";
import { compose } from "../compose.ts";
import type { RunRequest, Service } from "../service.ts";
import { examples, installed, type Task, TOOL } from "./corpus.ts";
import { materialize } from "./repository.ts";

const sandbox = (await bwrapSandbox().check()).ok ? "bwrap" : "none";

async function withService(use: (service: Service, root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "forge-samples-" });
  try {
    const service = await compose({ data: `${root}/data`, sandbox, workers: true, concurrency: 2 });
    try {
      await use(service, root);
    } finally {
      await service.close();
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function outcome(service: Service, request: RunRequest): Promise<RunDocument> {
  const submitted = await service.submit(request, { kind: "user", id: "samples" });
  assert.ok(submitted.ok, submitted.ok ? "" : submitted.error.message);
  return await service.settled(submitted.value.run);
}

const told = (document: RunDocument): string =>
  `${document.status} ${document.failure?.message ?? ""} ${
    document.denials.map(({ rule, message }) => `${rule} ${message}`).join("; ")
  }`;

/** The other specs beside a sample: codemods, that need no patch. */
function codemods(task: Task): string[] {
  return [...Deno.readDirSync(task.specDir)].map((entry) => entry.name)
    .filter((name) => name.endsWith(".md") && name !== "spec.md").sort();
}

for (const task of examples()) {
  const available = installed(TOOL[task.language]);
  Deno.test({
    name:
      `sample ${task.id}: honest patch and codemods become pull requests, cheats are refused (sandbox ${sandbox}${
        available ? "" : `; ignored: ${TOOL[task.language]} is not installed`
      })`,
    ignore: !available,
    fn: () =>
      withService(async (service, root) => {
        const repo = `${root}/repository`;
        await materialize(task.repo, repo);
        const common = { specDir: task.specDir, repo };
        const patched = async (file: string): Promise<RunDocument> =>
          await outcome(service, {
            ...common,
            spec: task.specText,
            implementer: "patch",
            patch: await Deno.readFile(file),
          });
        const honest = await patched(task.honest);
        assert.equal(honest.status, "completed", told(honest));
        const specs = codemods(task);
        assert.notEqual(specs.length, 0, `${task.id} has no codemod`);
        for (const name of specs) {
          const document = await outcome(service, {
            ...common,
            spec: await Deno.readTextFile(`${task.specDir}/${name}`),
          });
          assert.equal(document.status, "completed", `${name}: ${told(document)}`);
        }
        const pulls = await service.pullRequests(repo);
        assert.equal(pulls.length, 1 + specs.length);
        // Two of them: the evaluation goes through all that there are.
        await Promise.all(
          [...task.cheats].slice(0, 2).map(async ([name, file]) => {
            const document = await patched(file);
            assert.match(document.status, /^(denied|escalated)$/, `${name}: ${told(document)}`);
            assert.notEqual(document.denials.length, 0, `${name} is refused without a reason`);
          }),
        );
        assert.equal((await service.pullRequests(repo)).length, pulls.length);
      }),
  });
}
