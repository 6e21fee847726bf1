import type { EffectHandler, PhaseHandler } from "../../kernel/mod.ts";
import { ciEffects } from "./ci/order_effect.ts";
import { ciLook, ciSend, ciStuck, ciVerify, ciWait } from "./ci/phases.ts";
import { planned } from "./dag/mod.ts";
import { design } from "./design.ts";
import { beforeRelease } from "./freeze.ts";
import { explore } from "./explore.ts";
import type { PhaseName } from "./handlers.ts";
import { implement } from "./implement.ts";
import { cli, codemod, model, patch } from "./implementers/mod.ts";
import { observe } from "./observe.ts";
import { plan } from "./plan.ts";
import type { FactoryPorts } from "./ports.ts";
import { pullRequestEffect } from "./pull_request.ts";
import { pullRequestNotes } from "./pull_request_notes.ts";
import { release } from "./release.ts";
import { review } from "./review.ts";
import { stackEffects } from "./stack/effects.ts";
import { look as stackLook } from "./stack/look.ts";
import { settle } from "./stack/settle.ts";
import { wait as stackWait } from "./stack/wait.ts";
import { trainEffects } from "./train/effects.ts";
import { look as trainLook } from "./train/look.ts";
import { wait as trainWait } from "./train/wait.ts";
import { verify } from "./verify.ts";
import { watchEffects } from "./watch/effects.ts";
import { look } from "./watch/look.ts";
import { pullRequestUpdate } from "./watch/update.ts";
import { wait } from "./watch/wait.ts";

/** One handler a phase. */
export function factoryPhases(ports: FactoryPorts): Readonly<Record<PhaseName, PhaseHandler>> {
  return {
    explore: explore(ports),
    plan: plan(ports),
    design: design(ports),
    implement: implement(ports, {
      codemod: planned(ports, codemod),
      patch: planned(ports, patch),
      model: planned(ports, model(ports)),
      cli: planned(ports, cli(ports)),
      ...Object.fromEntries(
        Object.entries(ports.implementers ?? {}).map(([name, one]) => [name, planned(ports, one)]),
      ),
    }),
    verify: verify(ports),
    "ci-send": ciSend(ports),
    "ci-look": ciLook(ports),
    "ci-wait": ciWait(),
    "ci-stuck": ciStuck(),
    "ci-verify": ciVerify(ports),
    review: review(ports),
    release: beforeRelease(ports, release(ports)),
    observe: observe(),
    "stack-look": stackLook(ports),
    "stack-wait": stackWait(),
    "stack-settle": settle(),
    "watch-look": look(ports),
    "watch-wait": wait(ports),
    "train-look": trainLook(ports),
    "train-wait": trainWait(),
  };
}

/** The effects that the phases ask for, by kind. */
export function phaseEffects(ports: FactoryPorts): Readonly<Record<string, EffectHandler>> {
  return {
    "pull-request": pullRequestEffect(ports),
    "pull-request-notes": pullRequestNotes(ports),
    "pull-request-update": pullRequestUpdate(ports),
    ...ciEffects(ports),
    ...stackEffects(ports),
    ...watchEffects(ports),
    ...trainEffects(ports),
  };
}
