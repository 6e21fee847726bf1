import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { explain, explainText } from "../../policies/mod.ts";
import { RunDocument } from "../../specs/mod.ts";
import { type Answer, CommandError, type Handler, type Invocation } from "./command.ts";
import { dataDirectory } from "./data_dir.ts";
import { makeRepository } from "./demo_repository.ts";
import { paint } from "./paint.ts";
import { drive } from "./run.ts";
import { withService } from "./session.ts";
import { sandboxLevel } from "./session.ts";

const EXAMPLES = new URL("../../specs/examples/", import.meta.url);

/**
 * `forge demo`: a bundled repository, one spec, two patches. The honest one must end as a pull request and the cheat must be
 * refused, or the demo fails.
 */
export const demo: Handler = async (invocation): Promise<Answer> => {
  const { io } = invocation;
  const color = paint(io.color);
  const level = await demoSandbox(invocation);
  const data = dataDirectory(invocation);
  const spec = fileURLToPath(new URL("deno-signup.spec/spec.md", EXAMPLES));
  const repo = await makeRepository(fileURLToPath(new URL("deno-signup/", EXAMPLES)), join(data, "demo"));

  return await withService(
    invocation,
    { workers: true, makes: true, only: "code", sandbox: level, data },
    async (service) => {
      const submit = async (title: string, patch: string) => {
        io.err(`\n${color.bold(title)}\n`);
        const answer = await drive(invocation, service, data, {
          spec: await Deno.readTextFile(spec),
          specDir: fileURLToPath(new URL("deno-signup.spec/", EXAMPLES)),
          repo,
          implementer: "patch",
          patch: await Deno.readFile(fileURLToPath(new URL(`deno-signup.spec/${patch}`, EXAMPLES))),
        });
        return { document: RunDocument.parse(answer.document), text: answer.text };
      };
      const honest = await submit(
        "An honest patch for the spec 'Reject malformed e-mail addresses at signup'",
        "honest.patch",
      );
      const cheat = await submit(
        "A cheating patch for the same spec: it weakens a test",
        "cheat-weakens-test.patch",
      );
      const decisions = await service.decisions(cheat.document.run);
      const good = honest.document.status === "completed" && cheat.document.status === "denied";
      return {
        exit: good ? 0 : 1,
        document: { honest: honest.document, cheat: cheat.document, explain: explain(decisions) },
        text: [
          "",
          honest.text,
          "",
          cheat.text,
          "",
          `Why (forge policy explain ${cheat.document.run}):`,
          explainText(decisions.slice(-1)),
          "",
          "Look further:",
          `  the pull request   deno task forge pr show ${honest.document.pullRequest?.number ?? "N"}`,
          `  every decision     deno task forge policy explain ${honest.document.run}`,
          `  the change         git -C ${repo} show ${honest.document.pullRequest?.branch ?? ""}`,
          `  your repository    deno task forge run SPEC --repo DIR`,
        ].join("\n"),
      };
    },
  );
};

/** The demo's repository is ours: where bubblewrap cannot start, the demo runs without and says so. */
async function demoSandbox(invocation: Invocation): Promise<"bwrap" | "none"> {
  const asked = sandboxLevel(invocation);
  if (asked === "none") return "none";
  const { bwrapSandbox } = await import("../../connectors/mod.ts");
  const usable = await bwrapSandbox().check();
  if (usable.ok) return "bwrap";
  if (invocation.options.sandbox === "bwrap") {
    throw new CommandError({ ...usable.error, code: "sandbox-unavailable" }, 1);
  }
  invocation.io.err(
    `NO SANDBOX: ${usable.error.message}\n  The demo's repository is our own, so it runs without. Yours will not: ${
      usable.error.remedy ?? ""
    }\n`,
  );
  return "none";
}
