import { pipelineFiles } from "./etl.ts";
import { CommandError, type Handler } from "./command.ts";
import { installedLibrary } from "./installed_library.ts";
import { oneLine } from "./paint.ts";

/** `forge etl test PIPELINE`: exit 0 when every test of the pipeline holds, 1 when one does not, 2 when there is none. */
export const test: Handler = async (invocation) => {
  const files = await pipelineFiles(invocation);
  const [{ usablePipeline, runPipelineTests, functionsFrom }, { sources, fileAccess, rowFunction }] =
    await Promise.all([
      import("../../pipelines/foundry/mod.ts"),
      import("../../connectors/data/mod.ts"),
    ]);
  const ports = {
    sources,
    files: (base: string, scratch: string) => fileAccess({ base, scratch }),
    functions: rowFunction,
    ...installedLibrary(invocation),
  };
  const usable = await usablePipeline(ports, files);
  if (!usable.ok) {
    throw new CommandError({
      code: "invalid-pipeline",
      message: `Cannot test the pipeline: ${usable.error.length} problems`,
      remedy: "See: forge etl validate",
      causes: usable.error,
    }, 2);
  }
  if (usable.value.pipeline.tests.length === 0) {
    throw new CommandError({
      code: "no-tests",
      message: "Cannot test the pipeline: it has no tests",
      remedy: "Add tests: [{ name, stream, input, expect }]",
    }, 2);
  }
  const scratch = await Deno.makeTempDir({ prefix: "forge-etl-test-" });
  try {
    const results = await runPipelineTests(
      usable.value.pipeline,
      fileAccess({ base: files.folder, scratch }),
      functionsFrom(usable.value.code, rowFunction),
    );
    const failed = results.filter(({ ok }) => !ok);
    const lines = results.flatMap(({ name, ok, differences }) => [
      `${ok ? "ok    " : "FAILED"}  ${name}`,
      ...differences.slice(0, 10).map((difference) => `          ${oneLine(difference, 500)}`),
    ]);
    const summary = `${results.length - failed.length} of ${results.length} tests hold`;
    return {
      exit: failed.length === 0 ? 0 : 1,
      document: { tests: results, passed: failed.length === 0 },
      text: [...lines, summary].join("\n"),
    };
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
};
