import { adapters, workspaceConformance } from "./conformance.ts";

for (const adapter of adapters) workspaceConformance(adapter);
