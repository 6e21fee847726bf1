/** What bytes are, by how they begin: a name can say anything. */
export interface ContentType {
  type: string;
  /** `asset` is looked at, never run; `unknown` is what nobody here can name. */
  class: "text" | "executable" | "archive" | "asset" | "unknown";
}

interface Magic {
  type: string;
  class: ContentType["class"];
  at?: number;
  bytes: readonly (number | null)[];
}

const ascii = (text: string): number[] => [...text].map((char) => char.charCodeAt(0));

/** From the formats' own specifications, the ones that run or hold others first. */
const MAGIC: readonly Magic[] = [
  { type: "ELF", class: "executable", bytes: [0x7f, ...ascii("ELF")] },
  { type: "Mach-O", class: "executable", bytes: [0xfe, 0xed, 0xfa, 0xce] },
  { type: "Mach-O", class: "executable", bytes: [0xfe, 0xed, 0xfa, 0xcf] },
  { type: "Mach-O", class: "executable", bytes: [0xce, 0xfa, 0xed, 0xfe] },
  { type: "Mach-O", class: "executable", bytes: [0xcf, 0xfa, 0xed, 0xfe] },
  { type: "Java class or universal Mach-O", class: "executable", bytes: [0xca, 0xfe, 0xba, 0xbe] },
  { type: "packed Java classes", class: "executable", bytes: [0xca, 0xfe, 0xd0, 0x0d] },
  { type: "WebAssembly", class: "executable", bytes: [0x00, ...ascii("asm")] },
  { type: "Dalvik bytecode", class: "executable", bytes: ascii("dex\n") },
  { type: "LLVM bitcode", class: "executable", bytes: [...ascii("BC"), 0xc0, 0xde] },
  { type: "Lua bytecode", class: "executable", bytes: [0x1b, ...ascii("Lua")] },
  { type: "LuaJIT bytecode", class: "executable", bytes: [0x1b, ...ascii("LJ")] },
  { type: "Ruby bytecode", class: "executable", bytes: ascii("YARB") },
  { type: "Hermes bytecode", class: "executable", bytes: [0xc6, 0x1f, 0xbc, 0x03] },
  {
    type: "BEAM bytecode",
    class: "executable",
    bytes: [...ascii("FOR1"), null, null, null, null, ...ascii("BEAM")],
  },
  { type: "Windows shortcut", class: "executable", bytes: [0x4c, 0, 0, 0, 0x01, 0x14, 0x02, 0] },
  { type: "Flash", class: "executable", bytes: ascii("FWS") },
  { type: "Flash", class: "executable", bytes: ascii("CWS") },
  { type: "object archive", class: "executable", bytes: ascii("!<arch>\n") },
  { type: "thin object archive", class: "executable", bytes: ascii("!<thin>\n") },
  {
    type: "Office document of the old form, which can hold macros",
    class: "executable",
    bytes: [
      0xd0,
      0xcf,
      0x11,
      0xe0,
      0xa1,
      0xb1,
      0x1a,
      0xe1,
    ],
  },

  { type: "zip", class: "archive", bytes: [...ascii("PK"), 3, 4] },
  { type: "zip", class: "archive", bytes: [...ascii("PK"), 5, 6] },
  { type: "zip", class: "archive", bytes: [...ascii("PK"), 7, 8] },
  { type: "gzip", class: "archive", bytes: [0x1f, 0x8b] },
  { type: "compress", class: "archive", bytes: [0x1f, 0x9d] },
  { type: "bzip2", class: "archive", bytes: ascii("BZh") },
  { type: "xz", class: "archive", bytes: [0xfd, ...ascii("7zXZ"), 0] },
  {
    type: "lzma",
    class: "archive",
    bytes: [0x5d, 0, 0, null, null, null, null, null, null, null, null, null, null],
  },
  { type: "zstd", class: "archive", bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { type: "lz4", class: "archive", bytes: [0x04, 0x22, 0x4d, 0x18] },
  { type: "lzip", class: "archive", bytes: ascii("LZIP") },
  { type: "7z", class: "archive", bytes: [...ascii("7z"), 0xbc, 0xaf, 0x27, 0x1c] },
  { type: "rar", class: "archive", bytes: ascii("Rar!") },
  { type: "cabinet", class: "archive", bytes: ascii("MSCF") },
  { type: "xar", class: "archive", bytes: ascii("xar!") },
  { type: "browser extension", class: "archive", bytes: ascii("Cr24") },
  { type: "RPM package", class: "archive", bytes: [0xed, 0xab, 0xee, 0xdb] },
  { type: "squashfs", class: "archive", bytes: ascii("hsqs") },
  { type: "cpio", class: "archive", bytes: ascii("07070") },
  { type: "tar", class: "archive", at: 257, bytes: ascii("ustar") },
  { type: "disc image", class: "archive", at: 32769, bytes: ascii("CD001") },
  { type: "git bundle", class: "archive", bytes: ascii("# v2 git bundle") },
  { type: "git bundle", class: "archive", bytes: ascii("# v3 git bundle") },
  { type: "git pack", class: "archive", bytes: [...ascii("PACK"), 0, 0, 0] },
  { type: "git index", class: "archive", bytes: [...ascii("DIRC"), 0, 0, 0] },

  { type: "PNG", class: "asset", bytes: [0x89, ...ascii("PNG"), 0x0d, 0x0a, 0x1a, 0x0a] },
  { type: "JPEG", class: "asset", bytes: [0xff, 0xd8, 0xff] },
  { type: "GIF", class: "asset", bytes: ascii("GIF87a") },
  { type: "GIF", class: "asset", bytes: ascii("GIF89a") },
  { type: "WebP", class: "asset", bytes: [...ascii("RIFF"), null, null, null, null, ...ascii("WEBP")] },
  { type: "WAV", class: "asset", bytes: [...ascii("RIFF"), null, null, null, null, ...ascii("WAVE")] },
  { type: "AVI", class: "asset", bytes: [...ascii("RIFF"), null, null, null, null, ...ascii("AVI ")] },
  { type: "ISO media", class: "asset", at: 4, bytes: ascii("ftyp") },
  { type: "icon", class: "asset", bytes: [0, 0, 1, 0, null, 0] },
  { type: "cursor", class: "asset", bytes: [0, 0, 2, 0, null, 0] },
  { type: "Apple icon", class: "asset", bytes: ascii("icns") },
  { type: "BMP", class: "asset", bytes: [...ascii("BM"), null, null, null, null, 0, 0, 0, 0] },
  { type: "TIFF", class: "asset", bytes: [...ascii("II"), 0x2a, 0] },
  { type: "TIFF", class: "asset", bytes: [...ascii("MM"), 0, 0x2a] },
  { type: "JPEG XL", class: "asset", bytes: [0, 0, 0, 0x0c, ...ascii("JXL ")] },
  { type: "Photoshop", class: "asset", bytes: ascii("8BPS") },
  { type: "WOFF", class: "asset", bytes: ascii("wOFF") },
  { type: "WOFF2", class: "asset", bytes: ascii("wOF2") },
  { type: "TrueType", class: "asset", bytes: [0, 1, 0, 0, 0, null] },
  { type: "TrueType", class: "asset", bytes: ascii("true") },
  { type: "OpenType", class: "asset", bytes: ascii("OTTO") },
  { type: "font collection", class: "asset", bytes: ascii("ttcf") },
  { type: "embedded OpenType", class: "asset", at: 34, bytes: ascii("LP") },
  { type: "PDF", class: "asset", bytes: ascii("%PDF-") },
  { type: "MP3", class: "asset", bytes: ascii("ID3") },
  { type: "MP3", class: "asset", bytes: [0xff, 0xfb] },
  { type: "Ogg", class: "asset", bytes: ascii("OggS") },
  { type: "FLAC", class: "asset", bytes: ascii("fLaC") },
  { type: "Matroska", class: "asset", bytes: [0x1a, 0x45, 0xdf, 0xa3] },
  { type: "glTF", class: "asset", bytes: ascii("glTF") },
  { type: "SQLite", class: "asset", bytes: [...ascii("SQLite format 3"), 0] },
  { type: "Parquet", class: "asset", bytes: ascii("PAR1") },
  { type: "Avro", class: "asset", bytes: [...ascii("Obj"), 1] },
  { type: "Arrow", class: "asset", bytes: ascii("ARROW1") },
  { type: "HDF5", class: "asset", bytes: [0x89, ...ascii("HDF"), 0x0d, 0x0a] },
  { type: "NumPy", class: "asset", bytes: [0x93, ...ascii("NUMPY")] },
  { type: "compiled translations", class: "asset", bytes: [0xde, 0x12, 0x04, 0x95] },
  { type: "compiled translations", class: "asset", bytes: [0x95, 0x04, 0x12, 0xde] },
];

/** What a file's bytes are. */
export function contentType(bytes: Uint8Array): ContentType {
  const special = windowsProgram(bytes) ?? pythonBytecode(bytes) ?? pickled(bytes);
  if (special) return special;
  const found = MAGIC.find((magic) =>
    magic.bytes.every((byte, index) => byte === null || bytes[(magic.at ?? 0) + index] === byte) &&
    bytes.length >= (magic.at ?? 0) + magic.bytes.length
  );
  // Few letters begin many a text: only what git, too, takes for binary is a sound or an archive by them.
  if (found && !(found.bytes.length <= 4 && found.type !== "zip" && isText(bytes))) {
    if (found.type === "zip") return zipOf(bytes);
    return (found.class === "asset" ? appended(bytes, found) : null) ??
      { type: found.type, class: found.class };
  }
  if (isText(bytes)) return { type: "text", class: "text" };
  if (wideText(bytes)) return { type: "text in UTF-16", class: "asset" };
  return { type: "unknown", class: "unknown" };
}

function isText(bytes: Uint8Array): boolean {
  return !bytes.subarray(0, 8000).includes(0);
}

function windowsProgram(bytes: Uint8Array): ContentType | null {
  if (bytes[0] !== 0x4d || bytes[1] !== 0x5a || bytes.length < 64) return null;
  const header = (bytes[60] ?? 0) | ((bytes[61] ?? 0) << 8) | ((bytes[62] ?? 0) << 16);
  const isProgram = (bytes[header] === 0x50 && bytes[header + 1] === 0x45) || !isText(bytes);
  return isProgram ? { type: "Windows program", class: "executable" } : null;
}

/** Two bytes of version, then CR LF, then flags below four. */
function pythonBytecode(bytes: Uint8Array): ContentType | null {
  const is = bytes.length >= 16 && bytes[2] === 0x0d && bytes[3] === 0x0a && (bytes[4] ?? 9) < 4 &&
    bytes[5] === 0 && bytes[6] === 0 && bytes[7] === 0;
  return is ? { type: "Python bytecode", class: "executable" } : null;
}

/** A pickle runs what it names when it is loaded. */
function pickled(bytes: Uint8Array): ContentType | null {
  const is = bytes[0] === 0x80 && (bytes[1] ?? 0) >= 2 && (bytes[1] ?? 0) <= 5 && bytes.at(-1) === 0x2e;
  return is ? { type: "Python pickle", class: "executable" } : null;
}

const latin1 = new TextDecoder("latin1");
const OFFICE = /^(?:\[Content_Types\]\.xml|_rels\/|docProps\/|word\/|xl\/|ppt\/|mimetype)/;

/** A zip that is an office document or an e-book, without macros, is looked at; any other one is unpacked. */
function zipOf(bytes: Uint8Array): ContentType {
  const length = (bytes[26] ?? 0) | ((bytes[27] ?? 0) << 8);
  const first = latin1.decode(bytes.subarray(30, 30 + Math.min(length, 200)));
  const text = latin1.decode(bytes.length > 4_000_000 ? bytes.subarray(-4_000_000) : bytes);
  // deno-lint-ignore no-control-regex -- the mark of a directory entry
  const holds = /PK\x01\x02[^]{42}[^]{0,300}?(?:vbaProject|\.(?:class|exe|dll|so|jar|js|py|sh|bin))/i.test(
    text,
  );
  return OFFICE.test(first) && !holds
    ? { type: "office document", class: "asset" }
    : { type: "zip", class: "archive" };
}

/** An image that goes on behind its end carries something else. */
function appended(bytes: Uint8Array, found: Magic): ContentType | null {
  const tail = bytes.subarray(Math.max(0, bytes.length - 66_000));
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail[at] === 0x50 && tail[at + 1] === 0x4b && tail[at + 2] === 5 && tail[at + 3] === 6) {
      const comment = (tail[at + 20] ?? 0) | ((tail[at + 21] ?? 0) << 8);
      if (at + 22 + comment === tail.length) {
        return { type: `${found.type} with an archive behind it`, class: "archive" };
      }
    }
  }
  if (found.type !== "PNG") return null;
  let at = 8;
  while (at + 12 <= bytes.length) {
    const size = ((bytes[at] ?? 0) * 0x1000000) + ((bytes[at + 1] ?? 0) << 16) + ((bytes[at + 2] ?? 0) << 8) +
      (bytes[at + 3] ?? 0);
    const end = latin1.decode(bytes.subarray(at + 4, at + 8)) === "IEND";
    at += 12 + size;
    if (!end) continue;
    return at < bytes.length ? { type: "PNG with more behind its end", class: "unknown" } : null;
  }
  return { type: "broken PNG", class: "unknown" };
}

/** Text in UTF-16 with its mark, of which git says that it is binary. */
function wideText(bytes: Uint8Array): boolean {
  const little = bytes[0] === 0xff && bytes[1] === 0xfe;
  const big = bytes[0] === 0xfe && bytes[1] === 0xff;
  if ((!little && !big) || bytes.length % 2 !== 0) return false;
  const text = new TextDecoder(little ? "utf-16le" : "utf-16be").decode(bytes);
  // deno-lint-ignore no-control-regex
  return !/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text);
}
