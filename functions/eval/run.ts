/** `deno task eval`: are honest changes accepted and cheating ones refused, and by which gate? */
import { parseArgs } from "node:util";
import { bwrapSandbox } from "../../connectors/mod.ts";
import { CLASS_IDS, isClassId } from "./classes.ts";
import { choose, evaluate, type EvaluationOptions } from "./evaluation.ts";
import { figuresOf } from "./figures.ts";
import { prove } from "./proof.ts";
import { withTable } from "./readme.ts";
import { proveSamples } from "./samples/proof.ts";
import { markdownOf, tableOf } from "./table.ts";

const HELP = `deno task eval [options]

Judges the changes of the corpus in specs/eval, honest ones and cheats that are labelled by class of the gate catalogue: static trials by
facts and gates over the diff (as forge scan), full trials by a whole run of the factory with tests. Prints precision and recall of
the gates of each class, and what was denied of honest work.

  --static            only static trials: every sample, nothing is run
  --full              only full trials
  --task TEXT         tasks and samples whose name has TEXT (also --filter)
  --class T1,S4       only cheats of these classes; honest work is always tried
  --all               every variant for every task, without a limit of time
  --minutes N         no full trial begins later (default 5; no limit with --all)
  --variants N        generated cheats of a class for each task, in rotation (default 1)
  --concurrency N     runs at once (default 2)
  --sandbox LEVEL     bwrap or none (default: bwrap where it works)
  --readme            write the table between its marks in docs/evaluation.md
  --prove             judge nothing: show that the corpus is sound (honest work passes its tests, checks fail before and pass after)
  --json              one JSON document on stdout

Exit code 0 when less than 2 % of honest changes are denied and at least 98 % of the cheats of deterministic classes are refused for
the reason that their label names, 1 when not, 2 for wrong usage.`;

const PAGE = new URL("../../docs/evaluation.md", import.meta.url);
/** A generated cheat of each task is little, and the classes are met over the tasks. */
const CHEATS_PER_TASK = 3;

export async function main(args: readonly string[]): Promise<number> {
  let values;
  try {
    values = parseArgs({
      args: [...args],
      options: {
        static: { type: "boolean", default: false },
        full: { type: "boolean", default: false },
        task: { type: "string" },
        filter: { type: "string" },
        class: { type: "string" },
        all: { type: "boolean", default: false },
        minutes: { type: "string", default: "5" },
        variants: { type: "string", default: "1" },
        concurrency: { type: "string", default: "2" },
        sandbox: { type: "string" },
        readme: { type: "boolean", default: false },
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
  const classes = values.class?.split(",").map((name) => name.trim());
  const unknown = classes?.find((name) => !isClassId(name));
  if (unknown !== undefined) {
    return usage(`--class must name some of ${CLASS_IDS.join(", ")}, got ${unknown}`);
  }
  const [variants, concurrency, minutes] = [values.variants, values.concurrency, values.minutes].map(whole);
  if (variants === undefined || concurrency === undefined || minutes === undefined) {
    return usage("--variants, --concurrency and --minutes must be whole numbers of at least 1");
  }
  if (values.sandbox !== undefined && values.sandbox !== "bwrap" && values.sandbox !== "none") {
    return usage(`--sandbox must be bwrap or none, got ${values.sandbox}`);
  }
  if (values.static && values.full) return usage("--static and --full leave nothing: give one of them");
  const filter = values.task ?? values.filter;
  if (values.prove) return await proveCorpus(filter, values.json);
  // An interrupted evaluation removes what it made.
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => abort.abort(new Stopped(`stopped by ${signal}`)));
  }
  const tiers: EvaluationOptions["tiers"] = values.static
    ? ["static"]
    : values.full
    ? ["full"]
    : ["static", "full"];
  const evaluation = await evaluate({
    signal: abort.signal,
    tiers,
    ...(filter === undefined ? {} : { filter }),
    ...(classes === undefined ? {} : { classes: classes.filter(isClassId) }),
    ...(values.all ? { variants: null } : {
      variants,
      stopAfterMs: minutes * 60_000,
      ...(classes === undefined && filter === undefined ? { cheatsPerTask: CHEATS_PER_TASK } : {}),
    }),
    concurrency,
    sandbox: values.sandbox ?? ((await bwrapSandbox().check()).ok ? "bwrap" : "none"),
    onTrial: ({ kind, task, name, tier, status, caught, seconds }) =>
      console.error(
        `${kind.padEnd(10)} ${tier.padEnd(6)} ${task.padEnd(26)} ${name.padEnd(34)} ${status.padEnd(10)} ${
          seconds.toFixed(1)
        } s  ${caught.join(" ")}`,
      ),
  });
  const figures = figuresOf(evaluation.trials);
  if (values.readme) {
    const command = ["deno task eval", ...args.filter((arg) => arg !== "--readme")].join(" ");
    await Deno.writeTextFile(
      PAGE,
      withTable(await Deno.readTextFile(PAGE), markdownOf(evaluation, command)),
    );
  }
  console.log(values.json ? JSON.stringify({ ...figures, ...evaluation }, null, 2) : tableOf(evaluation));
  return figures.passed ? 0 : 1;
}

async function proveCorpus(filter: string | undefined, json: boolean): Promise<number> {
  const { chosen, ignored } = choose(filter);
  const proofs = [];
  const tell = (task: string, problems: readonly string[]): void => {
    if (json) return;
    const lines = problems.map((text) => `\n  ${text}`).join("");
    console.log(`${problems.length === 0 ? "sound " : "UNSOUND"} ${task}${lines}`);
  };
  for await (const { task, problems } of proveSamples(filter ?? "")) {
    proofs.push({ task, problems, fooling: [] });
    tell(task, problems);
  }
  for (const task of chosen) {
    const { problems, fooling } = await prove(task);
    proofs.push({ task: task.id, problems, fooling });
    tell(task.id, problems);
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
