/** The engine measured. */
export { benchEngine, type BenchOptions, type EngineFigures } from "./engine.ts";
