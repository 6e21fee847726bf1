/** Pull requests of several repositories that are merged one after the other. */
export { trainEnded } from "./ended.ts";
export { trainAt } from "./hold.ts";
export { trainOrder, withoutCar } from "./order.ts";
export {
  Car,
  MOST_CARS,
  newCar,
  TRAIN_DAYS,
  TRAIN_SIGNAL,
  TrainAsk,
  type TrainIndex,
  TrainInput,
  TrainState,
} from "./record.ts";
export { sealTrain } from "./seal.ts";
