/**
 * A format of tokens as its issuer publishes it. `starts` are the literals that make a look worth while; `pattern` must match
 * from `back` characters before that literal. Patterns keep to RE2's syntax, and to pieces that cannot trade characters with
 * their neighbours, so that a look costs no more than the token is long. No whole token stands here or in a test.
 */
export interface TokenFormat {
  id: string;
  starts: readonly string[];
  pattern: string;
  /** How many characters before the literal the token begins. */
  back?: number;
  /** What may not stand before the token. Default: a letter, a digit, `_`. */
  before?: RegExp;
  /**
   * For a prefix that names have too: the token must hold letters and digits behind it, with at least so many bits of entropy a
   * character.
   */
  chance?: number;
  /** Whether the checksum in the token is right, where its issuer says how it is made. */
  checksum?: (token: string) => boolean;
}

export const b = "[0-9A-Za-z]";
export const w = "[0-9A-Za-z_-]";
export const hex = "[0-9a-f]";
export const base64 = "[0-9A-Za-z+/]";
export const UUID = `${hex}{8}-${hex}{4}-${hex}{4}-${hex}{4}-${hex}{12}`;
/** What stands before a value of base 64 that is longer than the token. */
export const BASE64 = /[0-9A-Za-z+/_]/;
