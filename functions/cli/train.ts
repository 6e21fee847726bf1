import { dirname } from "node:path";
import {
  type CreateTrain,
  EXIT_CODE,
  type Problem,
  type Result,
  type RunDocument,
  RunStatus,
  type TrainDocument,
  type TrainFile,
} from "../../specs/mod.ts";
import { readTrainFile } from "../../specs/code/mod.ts";
import type { Service } from "../service.ts";
import type { TrainDesk } from "../train_desk.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { isOver, nextEvent } from "./pr_watch.ts";
import { follow, readTextFile } from "./run.ts";
import { notFound, principalOf, withService } from "./session.ts";
import { trainText } from "./train_text.ts";

const MAX_BYTES = 1024 * 1024;
/** How long an asked change of a train is waited for before it is shown as it is. */
const SEEN_MS = 15_000;

const trainsOf = (service: Service): TrainDesk => {
  if (service.trains !== undefined) return service.trains;
  throw new CommandError({ code: "not-here", message: "Cannot merge trains on this host" }, 1);
};

function taken<T>(result: Result<T, Problem>): T {
  if (result.ok) return result.value;
  throw new CommandError(result.error, result.error.code === "conflict" ? 1 : 2);
}

const answer = (document: TrainDocument): Answer => ({ exit: 0, document, text: trainText(document) });

/** `forge pr train create [URL...] [--name NAME] [--file FILE]` */
export const create: Handler = async (invocation) => {
  const { operands, options, io } = invocation;
  if ((typeof options.file === "string") === (operands.length > 0)) {
    throw usage(
      "Cannot make a train: name its pull requests, or a file with --file",
      "See: forge pr train create --help",
    );
  }
  if (typeof options.file !== "string") {
    const cars = listed(operands);
    const name = typeof options.name === "string"
      ? options.name
      : cars.map(({ id }) => id).join(", ").slice(0, 100);
    return await withService(invocation, { workers: true, only: "code" }, async (service, data) =>
      answer(
        taken(await trainsOf(service).create({ name, cars }, await principalOf(invocation, data))),
      ));
  }
  const file = pathOf(io, options.file);
  const read = await readTrainFile(await readTextFile(file, "train", MAX_BYTES));
  if (!read.ok) {
    throw new CommandError({
      code: "invalid-train",
      message: `Cannot make the train: ${read.error.map(({ message }) => message).join("; ")}`,
      remedy: read.error[0]?.remedy ?? "See: forge pr train create --help",
      causes: read.error,
    }, 2);
  }
  return await withService(
    invocation,
    { workers: true, makes: true, only: "code" },
    async (service, data) => {
      const actor = await principalOf(invocation, data);
      const cars: CreateTrain["cars"] = [];
      for (const car of read.value.cars) {
        cars.push("spec" in car ? await begun(invocation, service, data, { file, car }) : car);
      }
      const name = typeof options.name === "string" ? options.name : read.value.name;
      return answer(taken(await trainsOf(service).create({ name, cars }, actor)));
    },
  );
};

/** Pull requests in a row: each stands on the one before it. */
function listed(urls: readonly string[]): CreateTrain["cars"] {
  const cars: CreateTrain["cars"] = [];
  for (const [at, url] of urls.entries()) {
    const [, repository = "", number = ""] = /([^/]+?)(?:\/-)?\/(?:pull|merge_requests)\/(\d+)/.exec(url) ??
      [];
    const id = `${repository.replace(/[^A-Za-z0-9._-]/g, "-") || "pull"}-${number || at + 1}`.slice(-60);
    const before = cars.at(-1);
    const name = cars.some((one) => one.id === id) ? `${id}-${at + 1}` : id;
    cars.push({ id: name, pull: url, after: before === undefined ? [] : [before.id] });
  }
  return cars;
}

/** The run of a spec that the file names; it opens its pull request by itself, and is merged in its turn. */
async function begun(
  invocation: Invocation,
  service: Service,
  data: string,
  { file, car }: { file: string; car: Extract<TrainFile["cars"][number], { spec: string }> },
): Promise<CreateTrain["cars"][number]> {
  const at = { ...invocation.io, cwd: dirname(file) };
  const spec = pathOf(at, car.spec);
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\/|^[^/\s]+@[^/\s]+:/i.test(car.repo);
  const submitted = await service.submit({
    spec: await readTextFile(spec, "spec", MAX_BYTES),
    specName: spec,
    specDir: dirname(spec),
    repo: isUrl ? car.repo : pathOf(at, car.repo),
    ...(car.forge === undefined ? {} : { forge: car.forge }),
    ...(car.base === undefined ? {} : { base: car.base }),
    ...(car.implementer === undefined ? {} : { implementer: car.implementer }),
    ...(car.patch === undefined
      ? {}
      : { patch: await readTextFile(pathOf(at, car.patch), "patch", 64 * MAX_BYTES) }),
  }, await principalOf(invocation, data));
  if (!submitted.ok) {
    throw new CommandError({ ...submitted.error, message: `${car.id}: ${submitted.error.message}` }, 2);
  }
  return { id: car.id, run: submitted.value.run, after: car.after };
}

/** `forge pr train list` */
export const list: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const trains = await trainsOf(service).list();
    return {
      exit: 0,
      document: { trains },
      text: trains.length === 0 ? "no trains yet" : trains.map(trainText).join("\n\n"),
    };
  });

/** `forge pr train show TRAIN` */
export const show: Handler = (invocation) =>
  withService(
    invocation,
    { workers: false, only: "code" },
    async (service) => answer(await named(service, invocation.operands[0] ?? "")),
  );

async function named(service: Service, train: string): Promise<TrainDocument> {
  const found = await trainsOf(service).show(train);
  if (found === null) throw notFound("train", train, "See: forge pr train list");
  return found;
}

/** `forge pr train add TRAIN URL|RUN [--id ID] [--after ID,ID]` */
export const add: Handler = (invocation) => {
  const { operands: [train = "", what = ""], options } = invocation;
  const after = typeof options.after === "string" ? options.after.split(",").map((one) => one.trim()) : [];
  const isRun = /^run_[0-9a-z]+$/.test(what);
  const [car] = isRun ? [{ id: what, run: what, after }] : listed([what]);
  if (car === undefined) throw usage("Name what is to be added", "A URL or a run");
  const id = typeof options.id === "string" ? options.id : car.id;
  return changed(invocation, train, { action: "add", car: { ...car, id, after } });
};

/** `forge pr train drop TRAIN ID` */
export const drop: Handler = (invocation) => {
  const [train = "", id = ""] = invocation.operands;
  return changed(invocation, train, { action: "drop", id });
};

function changed(
  invocation: Invocation,
  train: string,
  action: Parameters<TrainDesk["act"]>[1],
): Promise<Answer> {
  return withService(invocation, { workers: true, only: "code" }, async (service, data) => {
    await named(service, train);
    const before = (await service.view(train))?.head.seq ?? 0;
    taken(await trainsOf(service).act(train, action, await principalOf(invocation, data)));
    await seen(invocation, service, train, before);
    return answer(await named(service, train));
  });
}

/** Until the train has taken in what was asked of it. */
async function seen(invocation: Invocation, service: Service, train: string, after: number): Promise<void> {
  const late = AbortSignal.any([AbortSignal.timeout(SEEN_MS), invocation.io.interrupted]);
  try {
    for await (const event of service.watch(train, { after, signal: late })) {
      if (event.type === "signal.consumed" || event.type === "run.ended") return;
    }
  } catch (error) {
    if (!late.aborted) throw error;
  }
}

/** `forge pr train run TRAIN [--once]` */
export const run: Handler = (invocation) =>
  withService(invocation, { workers: true, only: "code", watches: true }, async (service, data) => {
    const [train = ""] = invocation.operands;
    await named(service, train);
    const { head = { seq: 0 } } = await service.view(train) ?? {};
    taken(await trainsOf(service).act(train, { action: "run" }, await principalOf(invocation, data)));
    await seen(invocation, service, train, head.seq);
    let latest = await follow(invocation, service, train, head.seq);
    for (let at = head.seq; !isOver(latest) && invocation.options.once !== true;) {
      // Parked: what it has begun is at work in this process, and calls.
      at = Math.max(at, (await service.view(train))?.head.seq ?? 0);
      await nextEvent(invocation, service, train, at);
      latest = await follow(invocation, service, train, at);
    }
    const document = await named(service, train);
    const status = RunStatus.safeParse((latest.document as RunDocument).status);
    return {
      exit: status.success ? EXIT_CODE[status.data] : 3,
      document,
      text: trainText(document),
    };
  });
