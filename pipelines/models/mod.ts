/** How models are chosen, paid and asked. A surface of its own: commands about models load nothing else. */
export * from "./port.ts";
export { availabilityOf, type DeskOptions, modelDesk, type ModelSource, NO_MODEL_REMEDY } from "./desk.ts";
export { passableModels } from "./passage.ts";
export { workOutcomes } from "./learned.ts";
export { type ModelRecords, modelRecords } from "./records.ts";
export { type Availability, choose, type Grounds } from "./router.ts";
export { hourFactor, priceAt, tiersAt } from "./price.ts";
export { isLocalOnly, taskClassOf, type TaskContext } from "./task_class.ts";
export { LOCAL_REMEDY } from "./trouble.ts";
