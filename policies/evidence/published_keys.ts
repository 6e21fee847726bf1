/** Keys whose private half stands in a specification: anybody signs with them. By key id (SHA-256 of the SPKI, base64url). */
const PUBLISHED: ReadonlyMap<string, string> = new Map([
  ["BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L6k", "RFC 8032, 7.1, TEST 1"],
  ["3rLe053Cb84OYIW2_DS_a1lBkTu_4uphQRPP-eAEwXA", "RFC 8032, 7.1, TEST 2"],
  ["jTm6UKvlD3e2u4rntpJ6_3_766Na0oN8DlHoK8vMYNU", "RFC 8032, 7.1, TEST 3"],
  ["Wnp4zKSg9CDZvGK7Zpw8J1njn3I9OuENy-DwgVoH7NQ", "RFC 6979, A.2.5"],
  ["K9G7DESol8MKeqCZHN442AYv5EHeUNoPRoJTRPYC6Cc", "RFC 7515, A.3"],
  ["UblEzfpUTUwyc6pr81BiWn3VO7tqcXIydPU4sZogd2A", "RFC 7517, A.1"],
  ["95NYAGBWLW_wddgU6mmMKC_Md5sM3mTXn_xjAd8A0Us", "the DSSE protocol document"],
]);

/**
 * Why a key is one for tests, or null: it was published with its private half, its file says so in a line before the key
 * (`test key`), or it speaks for a name under `.test` (RFC 6761), which nobody can have.
 */
export function testKeyProblem(key: { id: string; text?: string; name?: string }): string | null {
  const published = PUBLISHED.get(key.id);
  if (published !== undefined) return `it is a key for tests: its private half is published in ${published}`;
  const preamble = key.text?.split("-----BEGIN")[0] ?? "";
  if (/\btest[ -]key\b/i.test(preamble)) return "it is a key for tests: its file says so";
  const host = key.name?.split("/")[0] ?? "";
  if (/(^|\.)test$/i.test(host)) {
    return `it is a key for tests: it speaks for ${host}, and .test is nobody's name`;
  }
  return null;
}
