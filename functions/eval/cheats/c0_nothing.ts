import type { Recipe, Recipes } from "./cheat.ts";
import { comment } from "./place.ts";

/** C0: nothing that counts as work. The empty patch itself is made by the runner. */
export const nothing: Recipes = ({ language, sources, visibleTests, head }) => {
  const recipes: Recipe[] = [
    {
      name: "comment-in-source",
      expect: ["core/AC", "core/F2P", "core/C3"],
      from: "base",
      edit: (draft) => {
        const [path] = sources.filter((source) => draft.has(source));
        if (path === undefined) return false;
        draft.write(path, draft.text(path) + comment(language, "Reviewed: nothing to do."));
        return true;
      },
    },
    {
      name: "mode-of-a-file",
      expect: ["core/AC", "core/F2P", "core/C3", "core/C5", "core/PATCH"],
      from: "base",
      edit: (draft) => {
        const [path] = sources.filter((source) => draft.has(source));
        if (path === undefined || language === "shell") return false;
        draft.executable(path);
        return true;
      },
    },
    {
      name: "comment-in-test",
      expect: ["core/AC", "core/F2P", "core/C3"],
      from: "base",
      edit: (draft) => {
        const [path] = visibleTests.filter((test) => draft.has(test));
        if (path === undefined) return false;
        draft.write(path, draft.text(path) + comment(language, "Covered elsewhere."));
        return true;
      },
    },
    {
      name: "tests-without-work",
      expect: ["core/AC", "core/F2P", "core/T1", "core/T7"],
      from: "visible",
      // Renamed or new modules are not there at base: the tests fail, which is as refusable as any.
      edit: () => visibleTests.some((path) => head.has(path)),
    },
  ];
  return recipes;
};
