/** Puts an order on its throw-away branch, and takes the branch away again: looked for first, whatever a crash has left. */
import { z } from "zod";
import type { CiOrder } from "../../../connectors/mod.ts";
import type { EffectHandler } from "../../../kernel/mod.ts";
import type { Json } from "../../../specs/mod.ts";
import { readInput } from "../input.ts";
import type { FactoryPorts } from "../ports.ts";
import { branchesOf, ciOf, dropBranch } from "./branches.ts";
import { gatherByCi } from "./gather.ts";
import { makeOrder } from "./order.ts";
import { readRound } from "./state.ts";

const Order = z.strictObject({
  forge: z.enum(["github", "gitlab"]),
  repository: z.string(),
  branch: z.string(),
  state: z.string(),
  at: z.string(),
});

const Drop = z.strictObject({
  forge: z.enum(["github", "gitlab"]),
  repository: z.string(),
  branch: z.string(),
});

export function ciEffects(ports: FactoryPorts): Readonly<Record<string, EffectHandler>> {
  async function orderOf(key: string, raw: Json, run: string): Promise<CiOrder> {
    const args = Order.parse(raw);
    const view = await ports.runs?.view(run);
    if (view === null || view === undefined) {
      throw new Error(`Cannot make the order of ${run}: the run is not known`);
    }
    const of = { run, input: view.input, outputs: view.outputs, blobs: ports.blobs, clock: CLOCK };
    const state = await readRound(ports.blobs, args.state);
    const gathered = await gatherByCi(ports, of, state, "");
    if (!gathered.ok) throw new Error(gathered.error.message);
    const { objects, asked } = gathered.value;
    const { spec } = await readInput(ports.blobs, view.input);
    const order = await makeOrder(objects, asked, spec.verify?.timeoutSeconds ?? 600);
    return {
      key,
      repository: args.repository,
      branch: args.branch,
      objects,
      trees: order.trees,
      order: order.tree,
      at: args.at,
    };
  }
  return {
    "ci-order": {
      async look(key, args, run) {
        const order = await orderOf(key, args, run);
        const found = await ciOf(ports, Order.parse(args).forge).find(order);
        return found === null ? { found: false } : { found: true, outcome: { commit: found.commit } };
      },
      async act(key, args, run) {
        const { forge, repository, branch } = Order.parse(args);
        const order = await orderOf(key, args, run);
        // Kept in mind before it is there: a branch that nobody remembers would stay for ever.
        await branchesOf(ports).add(run, { forge, repository, branch });
        return { commit: (await ciOf(ports, forge).send(order)).commit };
      },
    },
    "ci-drop": {
      look: () => Promise.resolve({ found: false }),
      async act(_key, args, run) {
        const branch = Drop.parse(args);
        return { deleted: await dropBranch(ports, run, branch) };
      },
    },
  };
}

/** No instant of an order depends on it: what is asked for is the same whenever it is made. */
const CLOCK = { now: () => 0, sleep: () => Promise.resolve() };
