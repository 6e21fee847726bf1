/** The outside: adapters of the ports that the factory works through. */
export * from "./port.ts";
export { gitWorkspaces } from "./workspace/workspaces.ts";
export { readInside, removeInside, removeTree, walkInside, writeInside } from "./workspace/inside.ts";
