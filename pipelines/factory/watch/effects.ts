import { ForgeError } from "../../../connectors/mod.ts";
import type { EffectHandler } from "../../../kernel/mod.ts";
import type { Json } from "../../../specs/mod.ts";
import { forgeNamed } from "../forge_choice.ts";
import type { FactoryPorts } from "../ports.ts";
import { submitWatch, watchOf } from "./begin.ts";
import type { LinkedRun } from "./linked.ts";

export interface Reply {
  forge: string;
  repository: string;
  number: number;
  to?: string;
  body: string;
}

export interface Merge {
  forge: string;
  repository: string;
  number: number;
  head: string;
}

export interface Retarget {
  forge: string;
  repository: string;
  number: number;
  to: string;
}

const ACTOR = { kind: "engine", id: "watch" } as const;
const NOT_THERE = () => Promise.resolve({ found: false as const });

/** What a watch asks for: answers, linked runs, a merge; and the watch itself, once a pull request is open. */
export function watchEffects(ports: FactoryPorts): Readonly<Record<string, EffectHandler>> {
  const runs = () => {
    if (ports.runs === undefined) throw new Error("Cannot begin a run: nothing here is wired to do that");
    return ports.runs;
  };
  return {
    "watch-reply": {
      // The forge finds an answer of this key itself.
      look: NOT_THERE,
      async act(key, args) {
        const { forge: name, repository, number, to, body } = args as unknown as Reply;
        const forge = forgeNamed(ports, name);
        if (!forge?.reply) throw new Error(`Cannot answer on the forge '${name}': it is not wired here`);
        return await noted(async () => {
          const written = await forge.reply?.({ repository, number }, {
            key,
            ...(to === undefined ? {} : { to }),
            body,
          });
          return { id: written?.id ?? null, url: written?.url ?? null };
        });
      },
    },
    "watch-run": {
      look: NOT_THERE,
      async act(key, args, run) {
        const linked = args as unknown as LinkedRun;
        const submitted = await runs().submit({
          ...linked,
          actor: ACTOR,
          parent: run,
          idempotencyKey: key,
        });
        return { run: submitted.run };
      },
    },
    "watch-merge": {
      look: NOT_THERE,
      async act(key, args) {
        const { forge: name, repository, number, head } = args as unknown as Merge;
        const forge = forgeNamed(ports, name);
        if (!forge?.merge) throw new Error(`Cannot merge on the forge '${name}': it is not wired here`);
        return await noted(async (): Promise<Json> => {
          const merged = await forge.merge?.({ repository, number }, { key, head, method: "merge" });
          return merged?.ok
            ? { commit: merged.value.commit, tree: merged.value.tree }
            : { notDone: merged?.error.message ?? "no answer" };
        });
      },
    },
    "watch-retarget": {
      look: NOT_THERE,
      async act(_key, args) {
        const { forge: name, repository, number, to } = args as unknown as Retarget;
        const forge = forgeNamed(ports, name);
        if (!forge?.retarget) throw new Error(`Cannot retarget on the forge '${name}': it is not wired here`);
        return await noted(async (): Promise<Json> => {
          await forge.retarget?.({ repository, number }, to);
          return { base: to };
        });
      },
    },
    "watch-begin": {
      look: NOT_THERE,
      async act(_key, _args, run): Promise<Json> {
        const watch = await watchOf({ ...ports, runs: runs() }, run, Date.now());
        if (watch === null) return { watched: false };
        const { run: watching } = await submitWatch(runs(), watch, ACTOR);
        return { run: watching };
      },
    },
  };
}

/** A refusal of the forge that stays one is recorded; what time can heal is thrown, and done again. */
async function noted(does: () => Promise<Json>): Promise<Json> {
  try {
    return await does();
  } catch (error) {
    if (!(error instanceof ForgeError) || error.failure?.retryable !== false) throw error;
    return { notDone: error.problem.message.slice(0, 1000) };
  }
}
