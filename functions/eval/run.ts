/** `deno task eval`: does the factory accept honest work and refuse cheats? */
import { parseArgs } from "node:util";
import { bwrapSandbox } from "../../connectors/mod.ts";
import { CLASSES } from "./cheats/mod.ts";
import { choose, evaluate } from "./evaluation.ts";
import { prove } from "./proof.ts";
import { summarize, tableOf } from "./table.ts";

const HELP = `deno task eval [options]

Runs the whole factory on small tasks in specs/eval: the honest patch, no change, and generated cheats.

  --filter TEXT       tasks whose name has TEXT
  --class C1,C2       only these classes of cheats
  --variants N        cheats of a class for each task, in rotation (default 2)
  --all               every variant for every task
  --concurrency N     runs at once (default 2)
  --sandbox LEVEL     bwrap or none (default: bwrap where it works)
  --prove             no factory: show that the corpus is sound (honest patches work, checks fail before and pass after)
  --json              one JSON document on stdout

Exit code 0 when every honest patch was accepted and nothing else was, 1 when not, 2 for wrong usage.`;

export async function main(args: readonly string[]): Promise<number> {
  let values;
  try {
    values = parseArgs({
      args: [...args],
      options: {
        filter: { type: "string" },
        class: { type: "string" },
        variants: { type: "string", default: "2" },
        all: { type: "boolean", default: false },
        concurrency: { type: "string", default: "2" },
        sandbox: { type: "string" },
        prove: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const classes = values.class === undefined
    ? undefined
    : CLASSES.filter((name) => values.class?.split(",").includes(name));
  if (classes?.length === 0) {
    return usage(`--class must name some of ${CLASSES.join(", ")}, got ${values.class}`);
  }
  const variants = values.all ? null : whole(values.variants);
  const concurrency = whole(values.concurrency);
  if (variants === undefined || concurrency === undefined) {
    return usage("--variants and --concurrency must be whole numbers of at least 1");
  }
  if (values.sandbox !== undefined && values.sandbox !== "bwrap" && values.sandbox !== "none") {
    return usage(`--sandbox must be bwrap or none, got ${values.sandbox}`);
  }
  if (values.prove) return await proveCorpus(values.filter, values.json);
  // An interrupted evaluation removes what it made.
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => abort.abort(new Stopped(`stopped by ${signal}`)));
  }
  const evaluation = await evaluate({
    signal: abort.signal,
    ...(values.filter === undefined ? {} : { filter: values.filter }),
    ...(classes === undefined ? {} : { classes }),
    variants,
    concurrency,
    sandbox: values.sandbox ?? ((await bwrapSandbox().check()).ok ? "bwrap" : "none"),
    onTrial: ({ kind, task, name, status, caught, seconds }) =>
      console.error(
        `${kind.padEnd(10)} ${task.padEnd(26)} ${name.padEnd(34)} ${status.padEnd(10)} ${
          seconds.toFixed(1)
        } s  ${caught.join(" ")}`,
      ),
  });
  const summary = summarize(evaluation.trials);
  console.log(values.json ? JSON.stringify({ ...summary, ...evaluation }, null, 2) : tableOf(evaluation));
  return summary.passed ? 0 : 1;
}

async function proveCorpus(filter: string | undefined, json: boolean): Promise<number> {
  const { chosen, ignored } = choose(filter);
  const proofs = [];
  for (const task of chosen) {
    const { problems, fooling } = await prove(task);
    proofs.push({ task: task.id, problems, fooling });
    if (!json) {
      console.log(
        `${problems.length === 0 ? "sound " : "UNSOUND"} ${task.id}${
          problems.map((text) => `\n  ${text}`).join("")
        }`,
      );
    }
  }
  if (json) console.log(JSON.stringify({ proofs, ignored }, null, 2));
  return proofs.length > 0 && proofs.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

function whole(text: string): number | undefined {
  return /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined;
}

function usage(problem: string): number {
  console.error(`${problem}\n\n${HELP}`);
  return 2;
}

/** Somebody asked the evaluation to end early. */
class Stopped extends Error {}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    console.error(error.message);
    Deno.exit(130);
  }
}
