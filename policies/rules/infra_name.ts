import type { InfraEffect, InfraHazard } from "../../specs/mod.ts";
import type { Rename } from "./named.ts";

type Named = Pick<InfraEffect | InfraHazard, "family" | "name">;

const plain = (entry: string): string => {
  const text = entry.trim();
  const inside = /^[^\s:#]+\.(?:sql|ddl|tf|tofu|json|ya?ml)(?:::|#)(.+)$/i.exec(text)?.[1] ?? text;
  return inside.replace(/^(?:table|column|view|schema|database|type|sequence|resource|index)\s+/i, "");
};

const sqlKey = (name: string): string =>
  name.toLowerCase().replace(/["`[\]]/g, "").replace(/^(?:public|dbo|main)\./, "");

const unindexed = (address: string): string => address.replace(/\[[^\]]*\]$/, "");
const withoutModules = (address: string): string => {
  const parts = address.replace(/\[[^\]]*\]/g, "").split(".");
  return parts.slice(-2).join(".");
};

/**
 * Whether an entry of a spec names this table, column, resource or object. A table names its columns, a module what is in it; the
 * name of a column alone names nothing, because many tables may have one.
 */
export function namesInfra(entry: string, { family, name }: Named): boolean {
  const wanted = plain(entry);
  if (wanted === "") return false;
  switch (family) {
    case "sql": {
      const [one, other] = [sqlKey(wanted), sqlKey(name)];
      return one === other || other.startsWith(`${one}.`);
    }
    case "terraform":
      if (wanted === name || wanted === unindexed(name)) return true;
      if (/^module\.[\w-]+/.test(wanted)) {
        return name.startsWith(`${wanted}.`) || name.startsWith(`${wanted}[`);
      }
      return !wanted.includes("[") && wanted === withoutModules(name) && /^[\w-]+\.[\w-]+$/.test(wanted);
    case "kubernetes": {
      const parts = name.toLowerCase().split("/");
      const asked = wanted.toLowerCase().split("/");
      return asked.join("/") === parts.join("/") ||
        (asked.length === 2 && parts.length === 3 && asked[0] === parts[0] && asked[1] === parts[2]);
    }
  }
}

/** Whether a declared rename is of this object, and to this name where one is known. */
export function renamesInfra(rename: Rename, effect: Named, to: string | undefined): boolean {
  if (!namesInfra(rename.from, effect)) return false;
  if (to === undefined) return true;
  const last = (name: string) => name.slice(name.lastIndexOf(".") + 1);
  return namesInfra(rename.to, { family: effect.family, name: to }) ||
    last(plain(rename.to)).toLowerCase() === last(to).toLowerCase();
}
