/** The outside: adapters of the ports that the factory works through. */
export * from "./port.ts";
