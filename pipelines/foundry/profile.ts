/** The profile of a staged load as it is told, and who takes it. */
import type { StreamProfile } from "../../specs/foundry/mod.ts";
import { toldColumn } from "./profile_told.ts";
import { type Profiled, talliedColumns } from "./profile_tally.ts";
import { takeSpare } from "./spare_thread.ts";

const told = (profile: StreamProfile): StreamProfile => ({
  ...profile,
  columns: profile.columns.map(toldColumn),
});

/** Profiles what is staged of one stream. The same segments give the same profile. */
export async function profileOf(given: Profiled): Promise<StreamProfile> {
  return told(await talliedColumns(given));
}

/** The same by a thread that has nothing else to do, where one is left; what fails there is told by doing it here. */
export async function profileBeside(given: Profiled): Promise<StreamProfile> {
  const thread = takeSpare();
  if (thread === null) return await profileOf(given);
  try {
    return told(await thread.profile(given));
  } catch {
    return await profileOf(given);
  } finally {
    thread.close();
  }
}
