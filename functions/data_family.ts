import type {
  Blobs,
  Clock,
  EffectHandler,
  Engine,
  Judge,
  PhaseHandler,
  RunView,
  Store,
} from "../kernel/mod.ts";
import {
  dataValues,
  foundryEffects,
  foundryHandlers,
  foundryJudge,
  type FoundryPorts,
  releaseStaging,
  sealFoundry,
} from "../pipelines/foundry/mod.ts";
import { listDataRules } from "../policies/mod.ts";
import { RunStatus } from "../specs/mod.ts";
import { foundryPorts } from "./foundry.ts";
import { foundryService } from "./foundry_service.ts";
import { pipelineRegistry } from "./pipelines.ts";
import type { Service } from "./service.ts";

/** What the doors of data runs ask for. */
export type DataDoors = Required<
  Pick<Service, "submitPipeline" | "pipelineDocument" | "foundry" | "staging" | "pipelines">
>;

/** All that data runs need, wired to the adapters of this machine. */
export interface DataFamily {
  readonly handlers: Readonly<Record<string, PhaseHandler>>;
  readonly effects: Readonly<Record<string, EffectHandler>>;
  readonly judge: Judge;
  seal(engine: Engine, view: RunView, status: string): ReturnType<typeof sealFoundry>;
  doors(engine: Engine): DataDoors;
  /** What a run has given to those that take from it. */
  values(view: RunView): ReturnType<typeof dataValues>;
  close(): void;
}

export function dataFamily(
  given:
    & { data: string; store: Store; blobs: Blobs; clock: Clock }
    & Pick<FoundryPorts, "attestor" | "evidence" | "installation" | "personal" | "principals" | "waivers">,
): DataFamily {
  if (listDataRules().length === 0) {
    throw new Error("Cannot start: no gate over data is bound: nothing could ever be published");
  }
  const { data, store } = given;
  const ports = foundryPorts(given);
  return {
    handlers: foundryHandlers(ports),
    effects: foundryEffects(ports),
    judge: foundryJudge(ports),
    async seal(engine, view, given) {
      const status = RunStatus.parse(given);
      // Of a run that has published all, nothing that was staged is asked for any more, whatever becomes of its sealing.
      const released = status === "completed" ? releaseStaging(ports, view, status) : null;
      released?.catch(() => {});
      const sealed = await sealFoundry(ports, (run, page) => engine.events(run, page), view, status);
      await (released ?? releaseStaging(ports, view, status));
      return sealed;
    },
    values: (view) => dataValues(ports, view),
    doors(engine) {
      const service = foundryService(engine, ports, store);
      return {
        ...service,
        pipelines: pipelineRegistry({ engine, ports, store, submit: service.submitPipeline, data }),
      };
    },
    close: () => ports.close(),
  };
}
