import { join, resolve } from "node:path";
import { openKvStore, type Store } from "../../kernel/mod.ts";
import { type Invocation, usage } from "./command.ts";
import { dataDirectory } from "./data_dir.ts";

/** Opens the store of an installation for a command that needs no engine, and closes it whatever happens. */
export async function withStore<T>(
  invocation: Invocation,
  use: (store: Store, data: string) => Promise<T>,
): Promise<T> {
  const data = resolve(dataDirectory(invocation));
  const state = join(data, "state.db");
  const begun = await Promise.all(
    [state, join(data, "signing")].map((path) => Deno.stat(path).then(() => true, () => false)),
  );
  if (!begun.includes(true)) {
    throw usage("There is no installation here yet", "Begin one: forge init", { value: data });
  }
  const store = await openKvStore(state);
  try {
    return await use(store, data);
  } finally {
    await store.close();
  }
}
