import type { TestMarker } from "../../../specs/mod.ts";

/** A test as its file declares it. */
export interface SourceTest {
  suite: string;
  title: string;
  line: number;
}

export type SourceMarker = Omit<TestMarker, "path">;

export interface TestScan {
  tests: SourceTest[];
  markers: SourceMarker[];
}
