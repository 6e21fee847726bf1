/** `forge`: parses arguments, loads the one command that is asked for, prints its answer. */
import { processIo } from "./process_io.ts";
import { dispatch } from "./dispatch.ts";

if (import.meta.main) {
  const io = processIo();
  Deno.exit(await dispatch(Deno.args, io));
}
