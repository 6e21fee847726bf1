import type { Clock } from "../../kernel/mod.ts";
import type { PackageRegistries } from "./port.ts";

/** The public package registries. What speaks HTTP is loaded with the first question: most runs have none. */
export function packageRegistries(
  options: { readonly clock: Clock; readonly userAgent: string },
): PackageRegistries {
  return {
    async look(queries, signal) {
      if (queries.length === 0) return [];
      const [{ httpRegistries }, { httpPool }] = await Promise.all([
        import("./client.ts"),
        import("../net/pool.ts"),
      ]);
      return await httpRegistries({
        pool: () => httpPool({ clock: options.clock }),
        userAgent: options.userAgent,
      }).look(queries, signal);
    },
  };
}
