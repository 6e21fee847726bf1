import type { RunView } from "../../../kernel/mod.ts";
import type { FailureRecord, Hypothesis } from "../../../specs/mod.ts";
import { FactoryInput } from "../input.ts";
import type { RunHistory } from "../ports.ts";

/** How a run ended or stands still, as far as other runs can be compared with it. */
export interface Trouble {
  readonly run: string;
  readonly at: string;
  readonly repository: string | null;
  readonly failure: Pick<FailureRecord, "class" | "source" | "message"> | null;
  /** Rules that denied. */
  readonly rules: readonly string[];
  readonly model: string | null;
}

const WINDOW_MS = 24 * 3_600_000;
const MOST_RUNS = 200;
const ENOUGH = 2;

/** The troubles of this installation's runs within a day before an instant. */
export async function recentTroubles(history: RunHistory, run: string, at: string): Promise<Trouble[]> {
  const sinceMs = Date.parse(at) - WINDOW_MS;
  const found: Trouble[] = [];
  let seen = 0;
  let cursor: string | undefined;
  while (seen < MOST_RUNS) {
    const page = await history.list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    seen += page.runs.length;
    for (const view of page.runs) {
      const ms = Date.parse(view.updatedAt);
      if (view.run === run || ms < sinceMs || ms > Date.parse(at)) continue;
      const trouble = troubleOf(view);
      if (trouble !== null) found.push(trouble);
    }
    if (page.cursor === null) break;
    cursor = page.cursor;
  }
  return found;
}

/** What troubles a run; null when nothing does. */
export function troubleOf(view: RunView): Trouble | null {
  const { lastDecision, failure } = view;
  const rules = lastDecision !== null && lastDecision.verdict !== "allow"
    ? lastDecision.rules.filter(({ mode, verdict }) =>
      mode === "enforce" && (verdict === "fail" || verdict === "error")
    ).map(({ rule }) => rule)
    : [];
  if (failure === null && rules.length === 0) return null;
  const input = FactoryInput.safeParse(view.input);
  const round = (view.outputs.implement as { round?: { model?: string | null } } | undefined)?.round;
  return {
    run: view.run,
    at: view.updatedAt,
    repository: input.success ? input.data.repository.location : null,
    failure,
    rules: [...new Set(rules)],
    model: round?.model ?? null,
  };
}

/**
 * What the troubles of other runs say about this one: the provider, this machine, the repository, a gate, or a model. Pure. Null when
 * nothing repeats: no guess without evidence.
 */
export function hypothesisOf(own: Trouble, others: readonly Trouble[]): Hypothesis | null {
  const { failure } = own;
  if (failure !== null && (failure.source === "provider" || failure.source === "platform")) {
    const same = others.filter((other) =>
      other.failure?.class === failure.class && other.failure.source === failure.source
    );
    if (same.length >= ENOUGH) {
      const places = new Set(same.map(({ repository }) => repository)).size;
      return told(
        `${
          failure.source === "provider" ? "The provider" : "This machine"
        } is in trouble rather than this change: ` +
          `${same.length} other runs on ${places} ${
            places === 1 ? "repository" : "repositories"
          } failed as ${failure.class} within a day`,
        places > 1 ? "high" : "medium",
        same,
        ({ failure }) => `${failure?.class}: ${failure?.message ?? ""}`,
      );
    }
  }
  for (const rule of own.rules) {
    const same = others.filter((other) => other.rules.includes(rule));
    const here = same.filter(({ repository }) => repository !== null && repository === own.repository);
    const elsewhere = new Set(same.map(({ repository }) => repository).filter((at) => at !== own.repository));
    if (elsewhere.size >= ENOUGH) {
      return told(
        `${rule} denies on ${elsewhere.size} other repositories, too: look at the rule, its pack or the installation before the change`,
        "medium",
        same,
        () => `denied by ${rule}`,
      );
    }
    if (here.length >= ENOUGH) {
      return told(
        `${here.length} other runs on this repository were denied by ${rule} within a day: its base, its tests or its policy make this gate hard to pass`,
        "medium",
        here,
        () => `denied by ${rule}`,
      );
    }
  }
  if (own.model !== null) {
    const same = others.filter(({ model }) => model === own.model);
    if (same.length > ENOUGH) {
      return told(
        `${same.length} other runs of the model ${own.model} did not get through within a day: another model may do better`,
        "low",
        same,
        ({ rules, failure }) => rules.join(", ") || failure?.class || "",
      );
    }
  }
  return null;
}

function told(
  text: string,
  confidence: Hypothesis["confidence"],
  same: readonly Trouble[],
  what: (trouble: Trouble) => string,
): Hypothesis {
  return {
    text: text.slice(0, 2000),
    confidence,
    evidence: same.slice(0, 20).map((trouble) => ({ run: trouble.run, what: what(trouble).slice(0, 500) })),
  };
}
