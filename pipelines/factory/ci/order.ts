/** What is asked of a forge's CI: one tree and one command each, as files that the script of the base's workflow reads. */
import type { ChangeObjects } from "../../../connectors/mod.ts";
import { digestOf } from "../../../specs/mod.ts";
import type { Run } from "../verify/mod.ts";
import { SLOTS } from "./workflow_text.ts";

/** A run that is asked for. */
export interface Asked {
  /** The same run has the same key, in every round. */
  readonly key: string;
  readonly tree: string;
  readonly run: Run;
  /** How dependencies are installed before it; null when there is nothing to be done. */
  readonly install: readonly string[] | null;
}

export interface MadeOrder {
  /** The tree of the base with the order in it. */
  readonly tree: string;
  /** What has to be reachable, without what the base has. */
  readonly trees: string[];
  /** Name in the order -> key, with the slot that runs it. */
  readonly items: readonly { id: string; key: string; slot: number }[];
}

const PLACE = ".forge-verify";
const utf8 = new TextEncoder();

export async function askedFor(
  objects: ChangeObjects,
  run: Run,
  install: readonly string[] | null,
): Promise<Asked> {
  if (objects.overlaid === undefined) {
    throw new Error("Cannot ask a forge's CI: the change's objects cannot be laid over one another here");
  }
  const tree = run.overlay === undefined
    ? run.tree
    : await objects.overlaid(run.tree, run.overlay.write, run.overlay.remove);
  return { key: await digestOf(JSON.stringify([run.on, tree, run.command])), tree, run, install };
}

/** The order for these runs. The same runs give the same order. */
export async function makeOrder(
  objects: ChangeObjects,
  asked: readonly Asked[],
  seconds: number,
): Promise<MadeOrder> {
  const write = new Map<string, Uint8Array>();
  const items = [...asked].sort((a, b) => a.key < b.key ? -1 : 1).map(
    ({ key, tree, install, run: { command } }, nth) => {
      const id = `e${String(nth + 1).padStart(3, "0")}`;
      const slot = nth % SLOTS + 1;
      const put = (name: string, text: string) => write.set(`${PLACE}/${id}/${name}`, utf8.encode(text));
      put("slot", String(slot));
      put("tree", tree);
      put("seconds", String(seconds));
      put("argv", words(command.argv));
      put("env", words(Object.entries(command.env).map(([name, value]) => `${name}=${value}`)));
      if (install !== null) put("prepare", words(install));
      for (const [name, text] of Object.entries(command.support ?? {})) put(`support/${name}`, text);
      return { id, key, slot };
    },
  );
  if (objects.overlaid === undefined) throw new Error("Cannot ask a forge's CI: no tree can be made here");
  const known = new Set([objects.baseTree]);
  const trees = asked.map(({ tree }) => tree).filter((tree) => !known.has(tree) && known.add(tree)).sort();
  return { tree: await objects.overlaid(objects.baseTree, write, []), trees, items };
}

const words = (all: readonly string[]): string => all.map((word) => `${word}\0`).join("");

/** How dependencies are installed beside the code, by the lock file at the root, scripts off. Others are fetched by what runs. */
export function installCommand(paths: readonly string[]): readonly string[] | null {
  const has = (name: string) => paths.includes(name);
  if (has("package-lock.json") || has("npm-shrinkwrap.json")) {
    return ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  }
  if (has("pnpm-lock.yaml")) return ["pnpm", "install", "--frozen-lockfile", "--ignore-scripts"];
  if (has("yarn.lock")) return ["yarn", "install", "--frozen-lockfile", "--ignore-scripts"];
  return null;
}
