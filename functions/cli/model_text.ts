import { usd } from "../../pipelines/mod.ts";
import type { ListedModel, ModelChoice, ModelEntry, ModelList, PriceTier } from "../../specs/mod.ts";
import { ageDays, PRICE_DAYS } from "../model_view.ts";
import { oneLine, type Paint } from "./paint.ts";

const MOST_SHOWN = 12;

const thousands = (tokens: number): string =>
  tokens >= 1_000_000
    ? `${Number((tokens / 1_000_000).toFixed(2))}M`
    : tokens >= 1_000
    ? `${Math.floor(tokens / 1_000)}k`
    : String(tokens);

function priceText(price: ListedModel["price"], locality: ModelEntry["locality"]): string {
  if (price === null) return locality === "local" ? "free (local)" : "unknown";
  return price.tiers.map(({ abovePromptTokens, input, output }) =>
    `${abovePromptTokens > 0 ? `>${thousands(abovePromptTokens)}: ` : ""}${input}/${output}`
  ).join(" ");
}

/** Models as a table: one a line. */
export function listText(list: ModelList, color: Paint): string {
  const age = ageDays(list.updatedOn, list.at);
  const rows = list.models.map(({ model, price, available, why }) => [
    oneLine(model.id, 60),
    model.provider,
    `${thousands(model.contextTokens)}/${thousands(model.maxOutputTokens)}`,
    priceText(price, model.locality),
    price === null ? "" : price.readOn,
    available ? color.green("yes") : color.dim("no"),
    oneLine(`${model.status === "active" ? "" : `${model.status}; `}${why}`, 70),
  ]);
  const head = ["model", "provider", "context/out", "USD per M in/out", "read on", "here", "why"];
  // Colours add characters that nobody sees: the last two columns are not padded.
  const widths = head.slice(0, 5).map((name, at) =>
    Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0))
  );
  const line = (row: readonly string[]) =>
    row.map((cell, at) => at < 5 ? cell.padEnd(widths[at] ?? 0) : cell).join("  ").trimEnd();
  return [
    color.bold(line(head)),
    ...rows.map(line),
    "",
    `Prices of ${list.at.slice(11, 16)} UTC, table of ${list.updatedOn}${
      age > PRICE_DAYS
        ? color.yellow(` (${age} days old: read them again, forge model update --from FILE)`)
        : ""
    }. Sources: forge model show ID`,
  ].join("\n");
}

const rate = (value: number | null): string => value === null ? "not known" : String(value);

function tierText(tier: PriceTier): string {
  return `${tier.abovePromptTokens > 0 ? `above ${tier.abovePromptTokens} tokens of prompt: ` : ""}` +
    `in ${tier.input}, out ${tier.output}, cache read ${rate(tier.cacheRead)}, ` +
    `cache write ${rate(tier.cacheWrite5m)} (5 min) ${rate(tier.cacheWrite1h)} (1 h)`;
}

/** One model in full. */
export function showText(
  { model, available, why }: { model: ModelEntry; available: boolean; why: string },
  color: Paint,
): string {
  const { prices, fit } = model;
  return [
    `${
      color.bold(oneLine(model.id))
    }  ${model.provider}, family ${model.family}, ${model.locality}, ${model.status}`,
    `  ${available ? color.green("available") : color.yellow("not available")}: ${oneLine(why, 300)}`,
    ...(model.aliases.length > 0 ? [`  also ${model.aliases.map((one) => oneLine(one)).join(", ")}`] : []),
    `  context ${model.contextTokens} tokens, answer ${model.maxOutputTokens} at most; wire ${model.wire}`,
    `  tools ${model.tools}, structured output ${model.structuredOutput}, efforts ${
      model.efforts.join(", ") || "none"
    }${model.openWeights ? ", open weights" : ""}`,
    `  fit: ${Object.entries(fit).map(([task, value]) => `${task} ${value}`).join(", ")}`,
    ...(model.notes === undefined ? [] : [`  ${oneLine(model.notes, 500)}`]),
    ...(prices.length > 0
      ? ["  USD per million tokens:"]
      : [`  ${model.locality === "local" ? "costs nothing: it is on this machine" : "no price is known"}`]),
    ...prices.flatMap((price) => [
      `    from ${price.from.slice(0, 10)}${
        price.until === null ? "" : ` until ${price.until.slice(0, 10)}`
      }  ` +
      `(${oneLine(price.source, 200)}, read ${price.readOn})`,
      ...price.tiers.map((tier) => `      ${tierText(tier)}`),
      ...price.hours.map(({ from, to, factor }) => `      ${from}:00 to ${to}:00 UTC: times ${factor}`),
    ]),
  ].join("\n");
}

/** A choice with its reasons, and why the others were not taken. */
export function chosenText(choice: ModelChoice, color: Paint): string {
  const head = choice.model === null
    ? color.red(`no model is fit for ${choice.task}`)
    : `${color.bold(oneLine(choice.model))}  (${choice.provider})  for ${choice.task}`;
  const others = choice.alternatives.slice(0, MOST_SHOWN).map((one) =>
    `  ${oneLine(one.model, 60)}  ${one.score === null ? color.dim("not fit") : `score ${one.score}`}  ${
      one.costMicroUsd === null ? "" : usd(one.costMicroUsd)
    }  ${oneLine(one.reasons.join("; "), 160)}`
  );
  const left = choice.alternatives.length - others.length;
  return [
    head,
    // Where none is fit, the first reason is the heading.
    ...choice.reasons.slice(choice.model === null ? 1 : 0).map((reason) => `  - ${oneLine(reason, 300)}`),
    "",
    "the others:",
    ...others,
    ...(left > 0 ? [`  and ${left} more: --json`] : []),
  ].join("\n");
}

/** What an update changed. */
export function updateText(
  { dryRun, digest, changes }: {
    dryRun: boolean;
    digest: string;
    changes: readonly { model: string; kind: string; lines: readonly string[] }[];
  },
  color: Paint,
): string {
  if (changes.length === 0) return `nothing new in ${digest}`;
  return [
    ...changes.flatMap(({ model, kind, lines }) => [
      `${color.bold(oneLine(model))}  ${kind}`,
      ...lines.map((line) => `  ${oneLine(line, 300)}`),
    ]),
    dryRun ? "nothing was changed: this was a dry run" : `taken in: ${digest}`,
  ].join("\n");
}
