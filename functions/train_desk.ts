/** Trains of pull requests, for the doors. */
import { ForgeError } from "../connectors/mod.ts";
import type { Engine, RunView } from "../kernel/mod.ts";
import { denialsOf } from "../policies/mod.ts";
import { trainWorkflow } from "../pipelines/mod.ts";
import {
  Car,
  type FactoryPorts,
  MOST_CARS,
  newCar,
  TRAIN_DAYS,
  TRAIN_SIGNAL,
  type TrainAsk,
  TrainInput,
  trainOrder,
  TrainState,
  withoutCar,
} from "../pipelines/factory/mod.ts";
import {
  type Actor,
  type CreateTrain,
  err,
  type Json,
  ok,
  type Problem,
  type Result,
  type TrainAction,
  type TrainDocument,
} from "../specs/mod.ts";
import type { PullRequestDesk } from "./pull_request_desk.ts";

export interface TrainDesk {
  /** Takes a train in; nothing of it is merged before somebody runs it. Codes: invalid-train, not-found, conflict. */
  create(asked: CreateTrain, actor: Actor): Promise<Result<TrainDocument, Problem>>;
  /** Newest first. */
  list(): Promise<TrainDocument[]>;
  show(train: string): Promise<TrainDocument | null>;
  /** Durable when it returns; the train sees to it by itself. Codes as of `create`. */
  act(train: string, action: TrainAction, actor: Actor): Promise<Result<TrainDocument, Problem>>;
}

const OVER: ReadonlySet<string> = new Set(["completed", "denied", "failed", "cancelled"]);
const PULL =
  /^(https?:\/\/\S+?)(?:\/-)?\/(?:pull|merge_requests)\/([1-9]\d{0,8})(?:\/(?:files|commits|diffs))?\/?$/;

export function trainDesk(
  engine: Pick<Engine, "view" | "submit" | "signal" | "control">,
  ports: FactoryPorts,
  pulls: Pick<PullRequestDesk, "forgeOf">,
): TrainDesk {
  const no = (code: string, message: string, remedy: string, value?: string): Result<never, Problem> =>
    err({ code, message, remedy, ...(value === undefined ? {} : { value: value.slice(0, 300) }) });

  /** The pull request that a URL names, and the run of this installation that opened it. */
  async function ofUrl(url: string): Promise<Result<Pick<Car, "pull" | "run">, Problem>> {
    const named = PULL.exec(url);
    const masked = url.replace(/\/\/[^/@]*@/, "//***@");
    const found = named === null ? null : await pulls.forgeOf(named[1] ?? "");
    if (named === null || found === null || found.forge.kind === "local") {
      return no(
        "invalid-train",
        "Cannot take it in: it is no pull request of a forge that is known here",
        "For example https://github.com/acme/tools/pull/7; set GITHUB_API_URL or GITLAB_URL for a server of your own",
        masked,
      );
    }
    const { forge, page } = found;
    const number = Number(named[2]);
    try {
      const own = (await forge.list(page)).find((one) => one.number === number);
      const now = await forge.state?.({ repository: page, number });
      if (now?.state === "closed") {
        return no(
          "conflict",
          `Cannot take ${masked} in: it is closed`,
          "Open it again, or leave it out",
          masked,
        );
      }
      const kept = own?.url ?? now?.url ?? url;
      return ok({
        pull: {
          forge: found.forge.kind === "gitlab" ? "gitlab" : "github",
          repository: page,
          number,
          url: kept,
        },
        run: own?.run ?? null,
      });
    } catch (error) {
      if (!(error instanceof ForgeError)) throw error;
      return err(error.problem);
    }
  }

  async function ofRun(run: string): Promise<Result<Pick<Car, "pull" | "run">, Problem>> {
    const view = await engine.view(run);
    const input = view?.input as { kind?: string; forge?: string; pr?: string } | undefined;
    if (input?.kind !== "factory") {
      return no(
        "not-found",
        `Cannot take ${run} in: there is no such run of a change`,
        "See: forge workflow list",
        run,
      );
    }
    if (input.forge === "local" || input.forge === undefined) {
      return no(
        "invalid-train",
        `Cannot take ${run} in: its pull request is one of the local forge, where nothing is merged`,
        "Start it with --forge github or gitlab, or on a URL",
        run,
      );
    }
    return input.pr === undefined ? ok({ pull: null, run }) : no(
      "invalid-train",
      `Cannot take ${run} in: it opens a pull request for each task`,
      "Name the pull requests one by one",
      run,
    );
  }

  async function carOf(asked: CreateTrain["cars"][number]): Promise<Result<Car, Problem>> {
    const found = "pull" in asked ? await ofUrl(asked.pull) : await ofRun(asked.run);
    return found.ok ? ok(Car.parse({ id: asked.id, after: asked.after, ...found.value })) : found;
  }

  /** Why one of them cannot be in a train: another one, that is not over, has it. */
  async function taken(cars: readonly Car[]): Promise<Problem | null> {
    for (const { pull, run } of cars) {
      for (const name of [pull?.url, run]) {
        const other = typeof name === "string" ? await ports.trains?.of(name) ?? null : null;
        if (typeof name !== "string" || other === null) continue;
        const view = await engine.view(other);
        if (view !== null && !OVER.has(view.status)) {
          return {
            code: "conflict",
            message: `Cannot take ${name} in: the train ${other} has it`,
            remedy: `Take it out there first: forge pr train drop ${other} ID`,
            value: name,
          };
        }
        await ports.trains?.drop(name, other);
      }
    }
    return null;
  }

  async function holds(train: string, cars: readonly Car[]): Promise<void> {
    for (const { pull, run } of cars) {
      for (const name of [pull?.url, run]) if (typeof name === "string") await ports.trains?.put(name, train);
    }
  }

  async function stateOf(view: RunView): Promise<TrainState | null> {
    const digest = (view.outputs.look as { state?: string } | undefined)?.state;
    const bytes = digest === undefined ? null : await ports.blobs.get(digest);
    return bytes === null ? null : TrainState.parse(JSON.parse(new TextDecoder().decode(bytes)));
  }

  async function show(train: string): Promise<TrainDocument | null> {
    const view = await engine.view(train);
    const input = TrainInput.safeParse(view?.input);
    if (view === null || !input.success) return null;
    const state = await stateOf(view);
    const cars = state?.cars ?? input.data.cars.map(newCar);
    const ordered = trainOrder(cars);
    return {
      v: 1,
      train,
      name: input.data.name,
      status: view.status,
      started: state?.started ?? false,
      cars: (ordered.ok ? ordered.value : cars).map((car) => ({
        id: car.id,
        after: car.after,
        url: car.pull?.url ?? null,
        run: car.run,
        watch: car.watch,
        state: car.state,
        why: car.why,
        merged: car.merged,
        commit: car.commit,
      })),
      denials: OVER.has(view.status) && view.lastDecision !== null && view.lastDecision.verdict !== "allow"
        ? denialsOf(view.lastDecision)
        : [],
      told: state?.told ?? [],
      evidence: view.evidence &&
        { id: view.evidence.id, path: view.evidence.path, digest: view.evidence.digest },
    };
  }

  async function shown(train: string): Promise<Result<TrainDocument, Problem>> {
    const document = await show(train);
    return document === null ? missing(train) : ok(document);
  }
  const missing = (train: string) =>
    no("not-found", `There is no train ${train.slice(0, 100)}`, "See: forge pr train list", train);

  return {
    show,
    async list() {
      const all = await Promise.all((await ports.trains?.list() ?? []).map(show));
      return all.flatMap((one) => one === null ? [] : [one]);
    },
    async create(asked, actor) {
      const cars: Car[] = [];
      for (const one of asked.cars) {
        const car = await carOf(one);
        if (!car.ok) return car;
        cars.push(car.value);
      }
      const names = cars.map(({ pull, run }) => pull?.url ?? run ?? "");
      const twice = names.find((name, at) => names.indexOf(name) !== at);
      if (twice !== undefined) {
        return no("invalid-train", `Cannot make this train: ${twice} is in it twice`, "Name it once", twice);
      }
      const ordered = trainOrder(cars);
      if (!ordered.ok) return ordered;
      const problem = await taken(cars);
      if (problem !== null) return err(problem);
      const { run } = await engine.submit({
        workflow: trainWorkflow,
        input: JSON.parse(JSON.stringify(TrainInput.parse({
          kind: "train",
          name: asked.name,
          requester: actor.id,
          cars: ordered.value,
          until: new Date(Date.now() + TRAIN_DAYS * 24 * 3600_000).toISOString(),
        }))) as Json,
        title: `Train ${asked.name}`.slice(0, 200),
        actor,
      });
      // From now on none of them is merged in another order; the train's first look does this again.
      await holds(run, cars);
      return await shown(run);
    },
    async act(train, action, actor) {
      const view = await engine.view(train);
      const before = view === null ? null : await show(train);
      if (view === null || before === null) return missing(train);
      let ask: TrainAsk;
      switch (action.action) {
        case "run":
          ask = { ask: "run" };
          break;
        case "add": {
          const car = await carOf(action.car);
          if (!car.ok) return car;
          const full = before.cars.length >= MOST_CARS;
          const ordered = trainOrder([...before.cars, car.value]);
          if (!ordered.ok) return ordered;
          if (full) {
            return no("invalid-train", `A train has ${MOST_CARS} pull requests at most`, "Make another one");
          }
          const problem = await taken([car.value]);
          if (problem !== null) return err(problem);
          ask = { ask: "add", car: car.value };
          break;
        }
        case "drop": {
          const car = before.cars.find(({ id }) => id === action.id);
          if (car === undefined) {
            return no(
              "not-found",
              `There is no ${action.id} in this train`,
              `See: forge pr train show ${train}`,
            );
          }
          if (car.merged !== null) return no("conflict", `${car.id} is merged`, "What is merged stays");
          if (withoutCar(before.cars, car.id).length === 0) {
            return no(
              "conflict",
              `${car.id} is the last one`,
              `End the train: forge workflow cancel ${train}`,
            );
          }
          ask = { ask: "drop", id: action.id };
        }
      }
      if (view.status === "completed" || view.status === "cancelled") {
        return no("conflict", `The train ${train} is over: it is ${view.status}`, "Make another one");
      }
      if (OVER.has(view.status)) {
        const retried = await engine.control(train, { action: "retry", phase: "look" }, actor);
        if (!retried.ok) return no(retried.code, retried.message, retried.remedy);
      }
      const told = await engine.signal(
        train,
        TRAIN_SIGNAL,
        ask as unknown as Json,
        actor,
        crypto.randomUUID(),
      );
      if (!told.ok) return no(told.code, told.message, told.remedy);
      if (ask.ask === "add") await holds(train, [ask.car]);
      return await shown(train);
    },
  };
}
