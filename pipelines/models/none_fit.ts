/** Why no model is fit: what has to change for one to be. */
import type { ModelTrouble } from "../../specs/mod.ts";
import type { ModelNeed } from "./port.ts";
import { choose, type Grounds } from "./router.ts";

/** The trouble that stands in the way, found by leaving one demand after the other away. */
export function noneFit(need: ModelNeed, grounds: Grounds, at: string): ModelTrouble {
  const { budgetMicroUsd: _cost, budgetTokens: _tokens, ...unpaid } = need;
  const rich = choose(unpaid, grounds, at);
  if (rich.model !== null) {
    const priced = choose({ ...unpaid, budgetMicroUsd: Number.MAX_SAFE_INTEGER }, grounds, at);
    return priced.model === null ? "price-unknown" : "budget";
  }
  if (choose(unpaid, { ...grounds, health: {}, probing: [] }, at).model !== null) return "overloaded";
  const short = { ...unpaid, promptTokens: 1, promptBound: 1 };
  if (choose(short, { ...grounds, counted: {} }, at).model !== null) return "context-window";
  return "unavailable";
}
