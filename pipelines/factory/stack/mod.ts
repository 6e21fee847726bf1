/** A pull request for each task of a plan. */
export { stackEnded } from "./ended.ts";
export { isMoving, isOver, stackOf } from "./state.ts";
