import assert from "node:assert/strict";
import { contentType } from "./content_type.ts";

const ascii = (text: string) => [...text].map((char) => char.charCodeAt(0));
const pad = (bytes: (number | number[])[], length = 64) =>
  Uint8Array.from([...bytes.flat(), ...Array.from({ length }, (_, at) => (at * 37) % 256), 0]);
const chunk = (
  type: string,
  ...data: number[]
) => [0, 0, 0, data.length, ...ascii(type), ...data, 1, 2, 3, 4];
const PNG = [0x89, ...ascii("PNG"), 13, 10, 26, 10, ...chunk("IHDR", 0, 0, 0, 1), ...chunk("IEND")];
const entry = (
  name: string,
) => [...ascii("PK"), 3, 4, ...new Array(22).fill(0), name.length, 0, 0, 0, ...ascii(name)];
const directory = (name: string) => [...ascii("PK"), 1, 2, ...new Array(42).fill(0), ...ascii(name)];
const END = [...ascii("PK"), 5, 6, ...new Array(18).fill(0)];

const CASES: [string, string, Uint8Array][] = [
  ["a Linux program", "executable", pad([0x7f, ascii("ELF")])],
  [
    "a Windows program",
    "executable",
    pad([ascii("MZ"), new Array(58).fill(0), 64, 0, 0, 0, ascii("PE"), 0, 0]),
  ],
  ["a macOS program", "executable", pad([0xcf, 0xfa, 0xed, 0xfe])],
  ["a Java class", "executable", pad([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61])],
  ["WebAssembly", "executable", pad([0, ascii("asm"), 1, 0, 0, 0])],
  ["Python bytecode", "executable", pad([0xa7, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0])],
  ["a pickle", "executable", Uint8Array.from([0x80, 4, 0x95, 0, 0, 0x2e])],
  ["a static library", "executable", pad([ascii("!<arch>\n")])],
  ["an object archive of text only", "executable", Uint8Array.from(ascii("!<arch>\nx"))],
  ["a jar", "archive", pad([entry("META-INF/MANIFEST.MF")])],
  ["a zip", "archive", pad([entry("a.txt")])],
  ["a gzip", "archive", pad([0x1f, 0x8b, 8])],
  ["a tar", "archive", pad([new Array(257).fill(65), ascii("ustar"), 0])],
  [
    "a bundle of git",
    "archive",
    Uint8Array.from(ascii("# v2 git bundle\n0123456789 refs/heads/main\n\nPACK")),
  ],
  ["a pack of git", "archive", pad([ascii("PACK"), 0, 0, 0, 2])],
  ["xz", "archive", pad([0xfd, ascii("7zXZ"), 0])],
  ["a PNG with a zip behind it", "archive", Uint8Array.from([...PNG, ...entry("a"), ...END])],
  [
    "a document with macros",
    "archive",
    pad([entry("[Content_Types].xml"), directory("word/vbaProject.bin"), END]),
  ],
  ["a document", "asset", pad([entry("[Content_Types].xml"), directory("word/document.xml"), END])],
  ["a PNG", "asset", Uint8Array.from(PNG)],
  ["a PNG with a program behind it", "unknown", Uint8Array.from([...PNG, 0x7f, ...ascii("ELF")])],
  ["a JPEG", "asset", pad([0xff, 0xd8, 0xff, 0xe0])],
  ["a GIF", "asset", pad([ascii("GIF89a")])],
  ["WebP", "asset", pad([ascii("RIFF"), 1, 2, 3, 4, ascii("WEBP")])],
  ["AVIF", "asset", pad([0, 0, 0, 32, ascii("ftypavif")])],
  ["an icon", "asset", pad([0, 0, 1, 0, 1, 0])],
  ["WOFF2", "asset", pad([ascii("wOF2")])],
  ["TrueType", "asset", pad([0, 1, 0, 0, 0, 12])],
  ["PDF", "asset", pad([ascii("%PDF-1.7\n")])],
  ["SQLite", "asset", pad([ascii("SQLite format 3"), 0])],
  ["Parquet", "asset", pad([ascii("PAR1")])],
  ["UTF-16", "asset", Uint8Array.from([0xff, 0xfe, ...ascii("hello").flatMap((code) => [code, 0])])],
  ["noise", "unknown", pad([9, 8, 7])],
  ["noise that calls itself UTF-16", "unknown", Uint8Array.from([0xff, 0xfe, 1, 0, 2, 0])],
  ["nothing", "text", new Uint8Array()],
  ["text", "text", Uint8Array.from(ascii("BZhappy, PACK your things, true, MZ, CWS, ID3, PK\n"))],
  ["text that begins with two letters of a program", "text", Uint8Array.from(ascii(`MZ${"x".repeat(100)}`))],
  ["text that begins like a compressed file", "text", Uint8Array.from(ascii("BZhang wrote this\n"))],
  ["text that begins like a font", "text", Uint8Array.from(ascii("true\n"))],
  ["text in another encoding", "text", Uint8Array.from([0xe4, 0xf6, 0xfc, 10])],
];

for (const [what, expected, bytes] of CASES) {
  Deno.test(`${what} is ${expected} by its bytes`, () => {
    assert.equal(contentType(bytes).class, expected, contentType(bytes).type);
  });
}
