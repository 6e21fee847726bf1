import type { InfraEffect, InfraFacts, InfraHazard } from "../../../specs/mod.ts";

export type Unread = InfraFacts["unread"][number];

/** What one family of files says. */
export interface Found {
  effects: InfraEffect[];
  hazards: InfraHazard[];
  unread: Unread[];
  read: string[];
}

export const nothingFound = (): Found => ({ effects: [], hazards: [], unread: [], read: [] });
