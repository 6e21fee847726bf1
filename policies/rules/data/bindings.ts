import type { Binding } from "../../rule.ts";

/** Every transition of a data run. */
export const EVERY_DATA: readonly Binding[] = ["resolve->", "acquire->", "assure->", "publish->", "settle->"];
/** After the facts of what is staged were taken, before anything is published. */
export const STAGED: readonly Binding[] = ["assure->"];
/** Just before the effects that publish. */
export const PUBLISHING: readonly Binding[] = ["publish->"];
